#include "query/session/tag_choice.h"

#include <gtest/gtest.h>

#include <string>

#include "sluice/influxql/parser.h"

namespace sluice::query {
namespace {

using namespace influxql;

// "tag: value value", or nothing. Names but `usage` are tags.
std::string choice_of(std::string_view text) {
    auto expr = parse_expression(text);
    EXPECT_TRUE(expr.ok()) << text;
    walk(*expr, [](Expr& part) {
        auto* ref = part.as<VarRef>();
        if (ref != nullptr && ref->name != "usage") ref->type = DataType::kTag;
    });
    const auto choice = tag_choice(*expr);
    if (!choice) return {};
    std::string shown = choice->tag + ":";
    for (const std::string& value : choice->values) shown += " " + value;
    return shown;
}

TEST(TagChoice, IsWhatEverySeriesMustHave) {
    EXPECT_EQ(choice_of("host = 'a'"), "host: a");
    EXPECT_EQ(choice_of("'a' = host"), "host: a");
    EXPECT_EQ(choice_of("(host = 'a' OR host = 'b') AND usage > 1"), "host: a b");
    EXPECT_EQ(choice_of("usage > 1 AND zone != 'x' AND host = 'a'"), "host: a");
}

TEST(TagChoice, IsNothingWhereOthersMayPass) {
    for (const char* text :
         {"host != 'a'", "host = ''", "host = 'a b'", "host =~ /a/", "usage = 'a'",
          "host = 'a' OR usage > 1", "host = 'a' OR zone = 'b'", "(host = 'a') = false"}) {
        EXPECT_EQ(choice_of(text), "") << text;
    }
}

}  // namespace
}  // namespace sluice::query
