// Times against the calendar of the standard library.
#include "sluice/influxql/time_literal.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <limits>

#include "sluice/base/random.h"

namespace sluice::influxql {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

std::string printed(int y, unsigned m, unsigned d) {
    char text[48];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", y, m, d);
    return text;
}

TEST(TimeLiteral, HasEveryDayOfTheYearsItCanWrite) {
    std::int64_t expected = sys_days(year(0) / 1 / 1).time_since_epoch().count();
    for (int y = 0; y <= 9999; ++y) {
        for (unsigned m = 1; m <= 12; ++m) {
            // Days 29 to 31 decide what a leap year is; the others are two of each month.
            for (const unsigned d : {1u, 28u, 29u, 30u, 31u, 32u, 0u}) {
                const year_month_day date{year(y), month(m), day(d)};
                const auto parsed = parse_time_literal(printed(y, m, d));
                ASSERT_EQ(parsed.has_value(), date.ok()) << printed(y, m, d);
                if (!parsed) continue;
                ASSERT_EQ(parsed->seconds, sys_days(date).time_since_epoch().count() * 86'400);
                ASSERT_GE(parsed->seconds, expected * 86'400);
                ASSERT_EQ(format_rfc3339(parsed->seconds, 0), printed(y, m, d) + "T00:00:00Z");
            }
        }
    }
    EXPECT_FALSE(parse_time_literal(printed(2000, 0, 1)));
    EXPECT_FALSE(parse_time_literal(printed(2000, 13, 1)));
}

TEST(TimeLiteral, ReadsBackWhatItPrints) {
    Random random(1);
    for (int i = 0; i < 50'000; ++i) {
        std::int32_t fraction = 0;
        if (random.chance(0.7)) {
            fraction = static_cast<std::int32_t>(random.below(1'000'000'000));
            for (std::uint64_t zeros = random.below(9); zeros > 0; --zeros)
                fraction -= fraction % 10;
        }
        const TimeLiteral time{random.between(-62'167'219'200, 253'402'300'799), fraction};
        const std::string text = format_rfc3339(time.seconds, time.nanoseconds);
        const auto parsed = parse_time_literal(text);
        ASSERT_TRUE(parsed.has_value()) << text;
        ASSERT_EQ(*parsed, time) << text;
        // The form with a blank has no zone and means UTC.
        std::string blank = text.substr(0, text.size() - 1);
        blank[10] = ' ';
        ASSERT_EQ(*parse_time_literal(blank), time) << blank;
    }
}

TEST(TimeLiteral, MovesByItsOffset) {
    const std::int64_t noon = parse_time_literal("2015-08-18T12:00:00Z")->seconds;
    Random random(2);
    for (int i = 0; i < 2'000; ++i) {
        const auto minutes = static_cast<int>(random.between(-14 * 60, 14 * 60));
        char text[64];
        std::snprintf(text, sizeof text, "2015-08-18T12:00:00.25%c%02d:%02d",
                      minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
        const auto parsed = parse_time_literal(text);
        ASSERT_TRUE(parsed.has_value()) << text;
        ASSERT_EQ(parsed->seconds, noon - std::int64_t{minutes} * 60) << text;
        ASSERT_EQ(parsed->nanoseconds, 250'000'000);
    }
}

TEST(TimeLiteral, RefusesEveryTruncationThatIsNoTimeOfItsOwn) {
    const std::string whole = "2015-08-18T12:34:56.789012345Z";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const bool complete = size == 10;  // the date alone
        EXPECT_EQ(parse_time_literal(whole.substr(0, size)).has_value(), complete) << size;
    }
    EXPECT_TRUE(parse_time_literal(whole));
    for (const char* text :
         {"2015-08-18T12:34:60Z", "2015-08-18T12:60:00Z", "2015-08-18T24:00:00Z",
          "2015-08-18T12:34:56.Z", "2015-08-18T12:34:56z", "2015-08-18T12:34:56+1:00",
          "2015-08-18T12:34:56+01", "2015-08-18T12:34:56Z ", "2015-08-18 12:34:56Z",
          "2015-08-18\t12:34:56", "2015/08/18", " 2015-08-18", "15-08-18", "2015-08-18\n"}) {
        EXPECT_FALSE(parse_time_literal(text)) << text;
    }
}

TEST(TimeLiteral, PrintsYearsOfAnyNumberOfDigitsAsGoDoes) {
    const std::int64_t first = parse_time_literal("0000-01-01")->seconds;
    const std::int64_t last = parse_time_literal("9999-12-31")->seconds;
    EXPECT_EQ(format_rfc3339(last + 86'400, 0), "10000-01-01T00:00:00Z");
    EXPECT_EQ(format_rfc3339(last + 86'400LL * 36'525, 5), "10099-12-31T00:00:00.000000005Z");
    EXPECT_EQ(format_rfc3339(first - 1, 0), "-0001-12-31T23:59:59Z");
    EXPECT_EQ(format_rfc3339(first - 86'400LL * 366 * 12'000, 0).substr(0, 3), "-12");
}

TEST(TimeLiteral, SplitsNanosecondsBelowZeroDownwards) {
    Random random(3);
    constexpr std::int64_t kEdges[] = {std::numeric_limits<std::int64_t>::min(),
                                       -1'000'000'001,
                                       -1'000'000'000,
                                       -999'999'999,
                                       -1,
                                       0,
                                       999'999'999,
                                       1'000'000'000,
                                       std::numeric_limits<std::int64_t>::max()};
    for (int i = 0; i < 20'000; ++i) {
        const auto nanoseconds = i < static_cast<int>(std::size(kEdges))
                                     ? kEdges[i]
                                     : static_cast<std::int64_t>(random.next());
        const TimeLiteral time = time_from_nanoseconds(nanoseconds);
        ASSERT_GE(time.nanoseconds, 0);
        ASSERT_LT(time.nanoseconds, 1'000'000'000);
        ASSERT_EQ(to_nanoseconds(time), nanoseconds);
    }
}

TEST(TimeLiteral, OrdersAsItsNanosecondsDo) {
    Random random(4);
    for (int i = 0; i < 20'000; ++i) {
        const auto a = static_cast<std::int64_t>(random.next() >> random.below(60));
        const std::int64_t b = random.chance(0.3) ? a + random.between(-2, 2)
                                                  : -static_cast<std::int64_t>(random.next() >> 2);
        ASSERT_EQ(time_from_nanoseconds(a) < time_from_nanoseconds(b), a < b) << a << ' ' << b;
        ASSERT_EQ(time_from_nanoseconds(a) == time_from_nanoseconds(b), a == b);
    }
}

}  // namespace
}  // namespace sluice::influxql
