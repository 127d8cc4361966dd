#include "sluice/influxql/condition.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/reduce.h"
#include "sluice/influxql/time_literal.h"

namespace sluice::influxql {
namespace {

// 2000-01-01T00:00:00Z
constexpr std::int64_t kNowSeconds = 946'684'800;
constexpr TimeLiteral kNow{kNowSeconds, 0};

std::string reduced(std::string_view text) {
    auto parsed = parse_expression(text);
    EXPECT_TRUE(parsed.ok()) << text;
    return to_string(reduce(*parsed, kNow));
}

TEST(Reduce, ComputesWhatIsConstant) {
    struct Case {
        std::string_view text;
        std::string_view value;
    };
    constexpr Case kCases[] = {
        {"1 + 2 * 3", "7"},
        {"7 / 2", "3.500"},
        {"7 % 2", "1"},
        {"1 / 0", "0.000"},
        {"1.5 + 1", "2.500"},
        {"5 > 3", "true"},
        {"'a' + 'b'", "'ab'"},
        {"'2000-01-01' = '2000-01-01T00:00:00Z'", "true"},
        {"1h + 30m", "90m"},
        {"2 * 3m", "2 * 3m"},
        {"3m * 2", "6m"},
        {"now() - 1h", "'1999-12-31T23:00:00Z'"},
        {"now() - now()", "0s"},
        {"'2000-01-01' + 1d", "'2000-01-02T00:00:00Z'"},
        {"a = 1 AND true", "a = 1"},
        {"a = 1 OR 1 = 1", "true"},
        {"(a + (2 * 3))", "a + 6"},
        {"18446744073709551615 > 0", "true"},
        {"-1 < 18446744073709551615", "true"},
        {"9223372036854775807 + 1", "-9223372036854775808"},
        {"-9223372036854775808 % -1", "0"},
        {"1 & 0.25", "1.000 & 0.250"},
        {"0.25 & 1", "0.250 & 1"},
        {"-1 ^ 18446744073709551615", "18446744073709551615 ^ 18446744073709551615"},
        {"3.5 % 0", "NaN"},
        {"1h / 0.25", "0s"},
    };
    for (const Case& c : kCases) EXPECT_EQ(reduced(c.text), c.value) << c.text;
}

Result<Condition> split(std::string_view text) {
    auto parsed = parse_expression(text);
    EXPECT_TRUE(parsed.ok()) << text;
    return split_condition(ExprBox(std::move(*parsed)), kNow);
}

TEST(Condition, SeparatesTimeFromTheRest) {
    const auto condition =
        split("host = 'a' AND time >= '2000-01-01' AND time < now() + 1h AND v > 2");
    ASSERT_TRUE(condition.ok());
    EXPECT_EQ(to_string(*condition->expr), "host = 'a' AND v > 2");
    EXPECT_EQ(*condition->time.min, kNow);
    EXPECT_EQ(*condition->time.max, add_duration(kNow, kHourNs - 1));
}

TEST(Condition, UnderstandsTimeOnTheRightAndNumbers) {
    const auto condition = split("1000 < time AND (time <= 2000)");
    ASSERT_TRUE(condition.ok());
    EXPECT_FALSE(condition->expr);
    EXPECT_EQ(to_nanoseconds(*condition->time.min), 1001);
    EXPECT_EQ(to_nanoseconds(*condition->time.max), 2000);
}

TEST(Condition, ForgetsAConditionThatIsAlwaysTrue) {
    EXPECT_FALSE(split("1 = 1")->expr);
    EXPECT_TRUE(split("1 = 2")->expr->is<BooleanLiteral>());
}

TEST(Condition, NamesWhatIsNoTime) {
    EXPECT_EQ(split("time > host").error().message,
              "invalid operation: time and *influxql.VarRef are not compatible");
    EXPECT_EQ(split("time != 5").error().message, "invalid time comparison operator: !=");
    EXPECT_EQ(split("time > '2000-13-01'").error().message, "invalid timestamp string");
    EXPECT_EQ(split("time > '2300-01-01'").error().message,
              "time 2300-01-01T00:00:00Z overflows time literal");
    EXPECT_EQ(split("host").error().message, "invalid condition expression: host");
}

TEST(TimeLiteral, ReadsTheFormsOfInfluxql) {
    struct Case {
        std::string_view text;
        std::string_view rfc3339;
    };
    constexpr Case kCases[] = {
        {"2015-08-18", "2015-08-18T00:00:00Z"},
        {"2015-08-18 00:12:00", "2015-08-18T00:12:00Z"},
        {"2015-08-18   1:02:03.5", "2015-08-18T01:02:03.5Z"},
        {"2015-08-18T00:12:00.123456789Z", "2015-08-18T00:12:00.123456789Z"},
        {"2015-08-18T00:12:00+02:00", "2015-08-17T22:12:00Z"},
        {"2016-02-29", "2016-02-29T00:00:00Z"},
        {"1677-09-21 00:12:43.145224194", "1677-09-21T00:12:43.145224194Z"},
    };
    for (const Case& c : kCases) {
        const auto time = parse_time_literal(c.text);
        ASSERT_TRUE(time.has_value()) << c.text;
        EXPECT_EQ(format_rfc3339(time->seconds, time->nanoseconds), c.rfc3339);
    }
    for (const std::string_view text :
         {"2015-02-29", "2015-08-32", "2015-8-18", "2015-08-18T", "2015-08-18 25:00:00",
          "2015-08-18 00:00", "2015-08-18T00:12:00", "2015-08-18 00:12:00x", "x"}) {
        EXPECT_FALSE(parse_time_literal(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace sluice::influxql
