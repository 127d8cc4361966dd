#include "server/config/config_text.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"

namespace sluice::server {
namespace {

TEST(ConfigText, ReadsGoDurations) {
    const std::pair<const char*, std::int64_t> good[] = {
        {"0", 0},
        {"0s", 0},
        {"10s", 10 * kSecondNs},
        {"1h30m", 90 * kMinuteNs},
        {"1.5ms", 1'500'000},
        {"2us", 2000},
        {"2\xC2\xB5s", 2000},
        {"7ns", 7},
        {"1h0m0.5s", kHourNs + 500 * kMillisecondNs},
    };
    for (const auto& [text, ns] : good) EXPECT_EQ(parse_duration(text), ns) << text;
    for (const char* text : {"", "10", "s", "-1s", "1d", "1h x", "1 s", "99999999999h"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
}

TEST(ConfigText, PrintsDurationsLikeGo) {
    EXPECT_EQ(format_duration(0), "0s");
    EXPECT_EQ(format_duration(1'500'000), "1.5ms");
    EXPECT_EQ(format_duration(90 * kMinuteNs), "1h30m0s");
    EXPECT_EQ(format_duration(62'500 * kMillisecondNs), "1m2.5s");
    EXPECT_EQ(format_duration(999), "999ns");
    for (std::int64_t ns : {1L, 1001L, 60'000'000'001L, 3'600'000'000'000L}) {
        EXPECT_EQ(parse_duration(format_duration(ns)), ns);
    }
}

TEST(ConfigText, ReadsSizes) {
    EXPECT_EQ(parse_size("25000000"), 25'000'000u);
    EXPECT_EQ(parse_size("25m"), 25 * kMiB);
    EXPECT_EQ(parse_size("1G"), kGiB);
    for (const char* text : {"", "m", "1mb", "-1", "1.5m", "99999999999999999g"}) {
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
    }
}

TEST(ConfigText, SplitsAddresses) {
    EXPECT_EQ(parse_host_port(":8086")->host, "");
    EXPECT_EQ(parse_host_port("127.0.0.1:1")->port, 1);
    EXPECT_EQ(parse_host_port("[::1]:8086")->host, "::1");
    EXPECT_EQ(parse_host_port("localhost:0")->host, "127.0.0.1");
    for (const char* text : {"", "8086", ":", ":x", ":65536", "::1:80", "[::1:80"}) {
        EXPECT_FALSE(parse_host_port(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace sluice::server
