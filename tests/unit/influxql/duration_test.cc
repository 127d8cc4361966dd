#include "sluice/influxql/duration.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"

namespace sluice::influxql {
namespace {

TEST(Duration, ReadsEveryUnitAndSumsOfThem) {
    struct Case {
        std::string_view text;
        std::int64_t value;
    };
    constexpr Case kCases[] = {
        {"1ns", 1},
        {"2u", 2000},
        {"2µ", 2000},
        {"3ms", 3 * kMillisecondNs},
        {"4s", 4 * kSecondNs},
        {"5m", 5 * kMinuteNs},
        {"6h", 6 * kHourNs},
        {"7d", 7 * kDayNs},
        {"8w", 8 * kWeekNs},
        {"1h30m", 90 * kMinuteNs},
        {"-5m", -5 * kMinuteNs},
        {"0s", 0},
        {"1m1ms", kMinuteNs + kMillisecondNs},
    };
    for (const Case& c : kCases) {
        const auto parsed = parse_duration(c.text);
        ASSERT_TRUE(parsed.ok()) << c.text;
        EXPECT_EQ(*parsed, c.value) << c.text;
    }
}

TEST(Duration, RefusesWhatIsNone) {
    for (const std::string_view text :
         {"", "5", "m", "5x", "1h1", "1n", "-", "--5m", "1 m", "99999999999999999999s"}) {
        ASSERT_FALSE(parse_duration(text).ok()) << text;
        EXPECT_EQ(parse_duration(text).error().message, "invalid duration");
    }
    EXPECT_EQ(parse_duration("20000w").error().message,
              "overflowed duration 20000w: choose a smaller duration or INF");
}

TEST(Duration, PrintsTheLargestUnitThatDivides) {
    EXPECT_EQ(format_duration(0), "0s");
    EXPECT_EQ(format_duration(90 * kMinuteNs), "90m");
    EXPECT_EQ(format_duration(14 * kDayNs), "2w");
    EXPECT_EQ(format_duration(1500), "1500ns");
    EXPECT_EQ(format_duration(2000), "2u");
    EXPECT_EQ(format_duration(-kHourNs), "-1h");
}

TEST(Duration, PrintsAsGoDoes) {
    EXPECT_EQ(format_go_duration(0), "0s");
    EXPECT_EQ(format_go_duration(kWeekNs), "168h0m0s");
    EXPECT_EQ(format_go_duration(90 * kSecondNs), "1m30s");
    EXPECT_EQ(format_go_duration(1'500'000), "1.5ms");
    EXPECT_EQ(format_go_duration(1'000), "1µs");
    EXPECT_EQ(format_go_duration(999), "999ns");
    EXPECT_EQ(format_go_duration(kHourNs + 1), "1h0m0.000000001s");
    EXPECT_EQ(format_go_duration(-kSecondNs), "-1s");
}

}  // namespace
}  // namespace sluice::influxql
