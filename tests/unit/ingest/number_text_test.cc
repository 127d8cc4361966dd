#include "ingest/number_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace sluice::ingest {
namespace {

TEST(NumberText, ReadsFloatsAsGoDoes) {
    const std::string ones(400, '1');
    const struct {
        std::string text;
        NumberStatus status;
        double value;
    } cases[] = {
        {"0", NumberStatus::kOk, 0.0},
        {"-0", NumberStatus::kOk, -0.0},
        {".5", NumberStatus::kOk, 0.5},
        {"1.", NumberStatus::kOk, 1.0},
        {"1e3", NumberStatus::kOk, 1000.0},
        {"1E+3", NumberStatus::kOk, 1000.0},
        {"-1.5e-3", NumberStatus::kOk, -0.0015},
        {"1.7976931348623157e308", NumberStatus::kOk, 1.7976931348623157e308},
        {"1.7976931348623158e308", NumberStatus::kOk, 1.7976931348623157e308},
        {"1.7976931348623159e308", NumberStatus::kRange, 0},
        {"1e400", NumberStatus::kRange, 0},
        {"-1e999999999999999999999", NumberStatus::kRange, 0},
        {"5e-324", NumberStatus::kOk, 5e-324},
        {"2e-324", NumberStatus::kOk, 0.0},
        {"-1e-400", NumberStatus::kOk, -0.0},
        {"1e-999999999999999999999", NumberStatus::kOk, 0.0},
        {"100e9223372036854775807", NumberStatus::kRange, 0},
        {"0.001e-9223372036854775807", NumberStatus::kOk, 0.0},
        {"0e999999999999999999999", NumberStatus::kOk, 0.0},
        {"0.0000001e308", NumberStatus::kOk, 1e301},
        {"2.2250738585072011e-308", NumberStatus::kOk, 2.2250738585072011e-308},
        {"9007199254740993", NumberStatus::kOk, 9007199254740992.0},
        {"0." + ones, NumberStatus::kOk, 0.1111111111111111},
        {ones, NumberStatus::kRange, 0},
        {"", NumberStatus::kSyntax, 0},
        {"-", NumberStatus::kSyntax, 0},
        {".", NumberStatus::kSyntax, 0},
        {"1e", NumberStatus::kSyntax, 0},
        {"e1", NumberStatus::kSyntax, 0},
        {"1e+", NumberStatus::kSyntax, 0},
        {"1e5e", NumberStatus::kSyntax, 0},
        {"+1", NumberStatus::kSyntax, 0},
        {"0x1", NumberStatus::kSyntax, 0},
        {"inf", NumberStatus::kSyntax, 0},
        {"nan", NumberStatus::kSyntax, 0},
        {"-inf", NumberStatus::kSyntax, 0},
        {"1.1.1", NumberStatus::kSyntax, 0},
    };
    for (const auto& each : cases) {
        double value = 0;
        EXPECT_EQ(parse_float(each.text, value), each.status) << each.text;
        if (each.status != NumberStatus::kOk) continue;
        EXPECT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(each.value))
            << each.text;
    }
}

TEST(NumberText, ReadsWholeNumbersToTheirLimits) {
    std::int64_t i = 0;
    EXPECT_EQ(parse_integer("-9223372036854775808", i), NumberStatus::kOk);
    EXPECT_EQ(i, INT64_MIN);
    EXPECT_EQ(parse_integer("9223372036854775808", i), NumberStatus::kRange);
    EXPECT_EQ(parse_integer("000000000000000000000000000001", i), NumberStatus::kOk);
    EXPECT_EQ(i, 1);
    EXPECT_EQ(parse_integer("-", i), NumberStatus::kSyntax);
    EXPECT_EQ(parse_integer("", i), NumberStatus::kSyntax);
    std::uint64_t u = 0;
    EXPECT_EQ(parse_unsigned("18446744073709551615", u), NumberStatus::kOk);
    EXPECT_EQ(u, UINT64_MAX);
    EXPECT_EQ(parse_unsigned("18446744073709551616", u), NumberStatus::kRange);
    EXPECT_EQ(parse_unsigned("-1", u), NumberStatus::kSyntax);
}

}  // namespace
}  // namespace sluice::ingest
