// The predicate language of deletes.
#include "server/v2/delete_predicate.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

// The tombstone's text, or "error: " and why there is none.
std::string read(std::string_view predicate) {
    model::Tombstone tombstone;
    const Result<void> result = read_delete_predicate(predicate, tombstone);
    if (!result.ok()) return "error: " + result.error().message;
    std::string out;
    for (const auto& each : tombstone.measurements) out += each.text + ": ";
    return out + tombstone.series.text();
}

TEST(DeletePredicate, IsReadAsInfluxDBReadsIt) {
    const std::string all = model::SeriesPredicate().text();
    EXPECT_EQ(read(""), all);
    EXPECT_EQ(read("  "), all);
    EXPECT_EQ(read(R"(_measurement="m")"), "m: " + all);
    EXPECT_EQ(read(R"(_measurement = m)"), "m: " + all);
    const std::string a =
        model::SeriesPredicate::compare(model::SeriesPredicate::Kind::kEqual, "host", "a b").text();
    EXPECT_EQ(read(R"(host="a b")"), a);
    EXPECT_EQ(read(R"(host='a b')"), a);
    EXPECT_EQ(read(R"("host" = "a b")"), a);
    EXPECT_EQ(read(R"(((host="a b")))"), a);
    EXPECT_EQ(read(R"(_measurement="m" AND host="a b")"), "m: " + a);
    EXPECT_EQ(read(R"((host="a b") and (_measurement="m"))"), "m: " + a);
    EXPECT_EQ(read(R"(_measurement="m" AND _measurement="m")"), "m: " + all);
    EXPECT_EQ(read(R"(_measurement="m" AND _measurement="n")"),
              model::SeriesPredicate::none().text());
    EXPECT_NE(read(R"(host="\"x\"")").find("\"x\""), std::string::npos);
}

TEST(DeletePredicate, SaysWhatItDoesNotTake) {
    for (const char* text :
         {"host", "host=", "=a", "host=\"a", "host='a", "host=\"a\" AND", "AND", "(host=a",
          "host=a)", "host=a b=c", "host ! a", "()", "host==a", "\"\"=\"a\"", "host=\"a\"\\"}) {
        EXPECT_TRUE(read(text).starts_with("error: ")) << text << ": " << read(text);
    }
    EXPECT_EQ(read("host=a OR host=b"),
              "error: the logical operator OR is not supported yet at position 7");
    EXPECT_EQ(read("host!=a"), "error: operator: \"!=\" at position 4 is not supported yet");
    EXPECT_EQ(read("host=~a"), "error: operator: \"=~\" at position 4 is not supported yet");
    EXPECT_TRUE(read("_field=\"v\"").starts_with("error: a delete is of whole points"));
    EXPECT_EQ(read(std::string(10'000, '(')), "error: too many parentheses");
}

}  // namespace
}  // namespace sluice::server
