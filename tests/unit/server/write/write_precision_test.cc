// The units that the parameter `precision` of each API may name.
#include "server/write/write_precision.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

using model::Precision;

TEST(WritePrecision, IsWhatTheApisName) {
    const struct {
        const char* text;
        std::optional<Precision> v1;
        std::optional<Precision> v2;
    } cases[] = {
        {"", Precision::kNanosecond, Precision::kNanosecond},
        {"ns", Precision::kNanosecond, Precision::kNanosecond},
        {"n", Precision::kNanosecond, std::nullopt},
        {"us", Precision::kMicrosecond, Precision::kMicrosecond},
        {"u", Precision::kMicrosecond, std::nullopt},
        {"\xC2\xB5", Precision::kMicrosecond, std::nullopt},  // the micro sign
        {"ms", Precision::kMillisecond, Precision::kMillisecond},
        {"s", Precision::kSecond, Precision::kSecond},
        {"m", Precision::kMinute, std::nullopt},
        {"h", Precision::kHour, std::nullopt},
        {"d", std::nullopt, std::nullopt},
        {"S", std::nullopt, std::nullopt},
        {" s", std::nullopt, std::nullopt},
        {"\xCE\xBC", std::nullopt, std::nullopt},  // the Greek letter
    };
    for (const auto& each : cases) {
        EXPECT_EQ(v1_precision(each.text), each.v1) << each.text;
        EXPECT_EQ(v2_precision(each.text), each.v2) << each.text;
    }
}

}  // namespace
}  // namespace sluice::server
