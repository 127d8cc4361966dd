#include "query/show/tag_condition.h"

#include <gtest/gtest.h>

#include <string>

#include "sluice/influxql/parser.h"

namespace sluice::query {
namespace {

const model::SeriesName kSeries{"cpu", {{"host", "a"}, {"region", "eu"}}};

bool accepts(std::string_view text, TagCondition::Options options = {}) {
    const auto expr = influxql::parse_expression(text);
    EXPECT_TRUE(expr.ok()) << text;
    const TagCondition condition(&*expr, options,
                                 [](std::string_view name) { return name == "usage"; });
    return condition.accepts(kSeries);
}

TEST(TagCondition, ComparesTags) {
    EXPECT_TRUE(accepts("host = 'a'"));
    EXPECT_FALSE(accepts("host = 'b'"));
    EXPECT_TRUE(accepts("host != 'b'"));
    EXPECT_TRUE(accepts("rack = ''"));
    EXPECT_FALSE(accepts("host = ''"));
    EXPECT_TRUE(accepts("host =~ /a|b/"));
    EXPECT_FALSE(accepts("host !~ /a|b/"));
    EXPECT_TRUE(accepts("'a' = host"));
    EXPECT_TRUE(accepts("host = 'b' OR (region = 'eu' AND host = 'a')"));
    EXPECT_TRUE(accepts("_name = 'cpu' AND host = 'a'"));
    EXPECT_FALSE(accepts("host > 'a'"));
    EXPECT_FALSE(accepts("false"));
}

TEST(TagCondition, HasAChoiceWhereEverySeriesNeedsCertainValues) {
    const auto choice = [](std::string_view text) {
        const auto expr = influxql::parse_expression(text);
        EXPECT_TRUE(expr.ok()) << text;
        const TagCondition condition(&*expr, {},
                                     [](std::string_view name) { return name == "usage"; });
        if (!condition.choice()) return std::string();
        std::string made = condition.choice()->tag + ":";
        for (const std::string& value : condition.choice()->values) made += " " + value;
        return made;
    };
    EXPECT_EQ(choice("host = 'a'"), "host: a");
    EXPECT_EQ(choice("'a' = host"), "host: a");
    EXPECT_EQ(choice("host = 'a' OR host = 'b'"), "host: a b");
    EXPECT_EQ(choice("region =~ /e/ AND (host = 'a')"), "host: a");
    EXPECT_EQ(choice("_name = 'cpu' AND host = 'a'"), "host: a");
    for (const char* none :
         {"host != 'a'", "host = ''", "host = 'a' OR region = 'eu'", "usage = 'a'", "host = 'a b'",
          "_name = 'cpu'", "host =~ /a/", "host = region"}) {
        EXPECT_EQ(choice(none), "") << none;
    }
}

TEST(TagCondition, TakesTwoTagsAsTheirExistence) {
    EXPECT_TRUE(accepts("host = region"));
    EXPECT_FALSE(accepts("host != region"));
    EXPECT_TRUE(accepts("host != rack"));
    EXPECT_FALSE(accepts("rack = host"));
    EXPECT_FALSE(accepts("host = region", {.undecided_passes = false}));
}

TEST(TagCondition, LeavesFieldsUndecided) {
    for (const bool passes : {true, false}) {
        const TagCondition::Options options{.undecided_passes = passes};
        EXPECT_EQ(accepts("usage > 1", options), passes);
        EXPECT_EQ(accepts("host = 1", options), passes);
        EXPECT_EQ(accepts("usage > 1 OR host = 'b'", options), passes);
        EXPECT_EQ(accepts("usage > 1 AND host = 'a'", options), passes);
        EXPECT_TRUE(accepts("usage > 1 OR host = 'a'", options));
        EXPECT_FALSE(accepts("usage > 1 AND host = 'b'", options));
    }
}

TEST(TagCondition, TakesNamesOfTheSystemAsNotWritten) {
    EXPECT_TRUE(accepts("_tagKey = 'x'"));
    EXPECT_TRUE(accepts("_tagKey = 'x' OR host = 'a'"));
    EXPECT_FALSE(accepts("_tagKey = 'x' OR host = 'b'"));
    EXPECT_FALSE(accepts("_name = 'mem'"));
    EXPECT_TRUE(accepts("_name = 'mem'", {.with_name = false}));
}

TEST(NameCondition, IsThePartAboutNames) {
    const auto accepts_name = [](std::string_view text, std::string_view name) {
        const auto expr = influxql::parse_expression(text);
        const auto condition = NameCondition::make(&*expr, "_name");
        EXPECT_TRUE(condition.ok()) << text;
        return condition->accepts(name);
    };
    EXPECT_TRUE(accepts_name("_name = 'cpu'", "cpu"));
    EXPECT_FALSE(accepts_name("_name = 'cpu'", "mem"));
    EXPECT_TRUE(accepts_name("_name =~ /c/ AND host = 'a'", "cpu"));
    EXPECT_FALSE(accepts_name("_name = 'cpu' OR host = 'a'", "mem"));
    EXPECT_TRUE(accepts_name("host = 'a'", "mem"));
    EXPECT_FALSE(accepts_name("_name != 'cpu'", "cpu"));
}

TEST(NameCondition, RefusesWhatInfluxdbRefuses) {
    const auto refusal = [](std::string_view text, std::string_view subject) {
        const auto expr = influxql::parse_expression(text);
        const auto condition = NameCondition::make(&*expr, subject);
        return condition.ok() ? std::string() : condition.error().message;
    };
    EXPECT_EQ(refusal("usage > 1", "_name"), "invalid tag comparison operator");
    EXPECT_EQ(refusal("host = 'a' OR usage > 1", "_name"), "invalid tag comparison operator");
    EXPECT_EQ(refusal("false", "_name"), "&influxql.BooleanLiteral{Val:false}");
    EXPECT_EQ(refusal("'a' = host", "_tagKey"), "left side of '=' must be a tag key");
    EXPECT_EQ(refusal("_name = 1", "_name"), "right side of '=' must be a tag value string");
}

}  // namespace
}  // namespace sluice::query
