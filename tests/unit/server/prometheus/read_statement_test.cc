#include "server/prometheus/read_statement.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

using Kind = RemoteMatcher::Kind;

ReadStatement statement(std::vector<RemoteMatcher> matchers, std::int64_t start_ms = 1,
                        std::int64_t end_ms = 2) {
    RemoteQuery query;
    query.start_ms = start_ms;
    query.end_ms = end_ms;
    query.matchers = std::move(matchers);
    auto made = statement_of(query);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made.ok() ? std::move(*made) : ReadStatement();
}

TEST(ReadStatement, NameIsTheSourceAndLabelsAreConditions) {
    const ReadStatement made =
        statement({{Kind::kEqual, "__name__", "up"}, {Kind::kNotEqual, "job", "a'b"}});
    EXPECT_EQ(made.text,
              "SELECT \"value\" FROM \"up\" WHERE time >= 1000000 AND time <= 2000000 AND "
              "\"job\"::tag != 'a\\'b' GROUP BY *");
    EXPECT_EQ(made.parameters, "");
}

TEST(ReadStatement, ExpressionsAreBoundAndAboutTheWholeValue) {
    const ReadStatement made = statement({{Kind::kRegex, "__name__", "a/b|c\n"},
                                          {Kind::kRegex, "x", "1.*"},
                                          {Kind::kNotRegex, "y", "\""}});
    EXPECT_EQ(made.text,
              "SELECT \"value\" FROM $r0 WHERE time >= 1000000 AND time <= 2000000 AND "
              "\"x\"::tag =~ $r1 AND \"y\"::tag !~ $r2 GROUP BY *");
    EXPECT_EQ(made.parameters,
              "{\"r0\":{\"regex\":\"^(?:a/b|c\\n)$\"},\"r1\":{\"regex\":\"^(?:1.*)$\"},"
              "\"r2\":{\"regex\":\"^(?:\\\")$\"}}");
}

TEST(ReadStatement, WhatIsExcludedOfNamesIsFiltered) {
    const ReadStatement made = statement({{Kind::kNotEqual, "__name__", "up"},
                                          {Kind::kNotRegex, "__name__", "go_.*"},
                                          {Kind::kEqual, "job", "x"}});
    EXPECT_TRUE(made.text.starts_with("SELECT \"value\" FROM /.*/ WHERE ")) << made.text;
    EXPECT_FALSE(made.names.lets_pass("up"));
    EXPECT_FALSE(made.names.lets_pass("go_threads"));
    EXPECT_TRUE(made.names.lets_pass("cargo_x"));
}

TEST(ReadStatement, SeveralMatchersOfTheNameAllCount) {
    const ReadStatement made =
        statement({{Kind::kRegex, "__name__", "a.*"}, {Kind::kEqual, "__name__", "ab"}});
    EXPECT_NE(made.text.find("FROM $r0 "), made.text.npos) << made.text;
    EXPECT_TRUE(made.names.lets_pass("ab"));
    EXPECT_FALSE(made.names.lets_pass("ac"));
    EXPECT_FALSE(statement({{Kind::kEqual, "__name__", ""}}).names.lets_pass("ab"));
}

TEST(ReadStatement, TimesAreCutToWhatCanBeStored) {
    const std::string text =
        statement({{Kind::kEqual, "__name__", "m"}}, INT64_MIN, INT64_MAX).text;
    EXPECT_NE(text.find("time >= -9223372036854000000 AND time <= 9223372036854000000"), text.npos)
        << text;
}

TEST(ReadStatement, RefusesWhatMatchesNothingOrIsNoExpression) {
    EXPECT_EQ(statement_of(RemoteQuery()).error().message, "expected matcher");
    RemoteQuery query;
    query.matchers = {{Kind::kNotRegex, "__name__", "("}};
    EXPECT_FALSE(statement_of(query).ok());
}

}  // namespace
}  // namespace sluice::server
