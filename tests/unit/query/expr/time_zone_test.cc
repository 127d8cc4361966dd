#include "query/expr/time_zone.h"

#include <gtest/gtest.h>

#include "sluice/base/random.h"
#include "sluice/base/units.h"

namespace sluice::query {
namespace {

// Rome's clocks went forward at this second of 2020 and back at that one.
constexpr std::int64_t kForward = 1'585'443'600;  // 2020-03-29T01:00:00Z
constexpr std::int64_t kBack = 1'603'587'600;     // 2020-10-25T01:00:00Z

TEST(TimeZone, IsFoundByTheNamesThatGoTakes) {
    ASSERT_TRUE(TimeZone::has_database());
    for (const char* name :
         {"Europe/Rome", "America/New_York", "UTC", "", "Local", "Asia/Kolkata"}) {
        EXPECT_NE(TimeZone::find(name), nullptr) << name;
    }
    // A name is a file below the directory of zones, and nothing else.
    for (const char* name : {"Europe/Nowhere", "../etc/passwd", "/etc/localtime", "localtime",
                             "Fixed/UTC+01:00:00", "Europe\\Rome", "UTC:x", "europe/../UTC"}) {
        EXPECT_EQ(TimeZone::find(name), nullptr) << name;
    }
}

TEST(TimeZone, ChangesItsOffsetInTheSecondOfTheTransition) {
    const auto rome = TimeZone::find("Europe/Rome");
    ASSERT_NE(rome, nullptr);
    EXPECT_EQ(rome->offset_ns(kForward * kSecondNs - 1), kHourNs);
    EXPECT_EQ(rome->offset_ns(kForward * kSecondNs), 2 * kHourNs);
    EXPECT_EQ(rome->offset_ns(kBack * kSecondNs - 1), 2 * kHourNs);
    EXPECT_EQ(rome->offset_ns(kBack * kSecondNs), kHourNs);
    EXPECT_EQ(TimeZone::find("UTC")->offset_ns(kBack * kSecondNs), 0);
    EXPECT_EQ(TimeZone::find("Asia/Kolkata")->offset_ns(0), 5 * kHourNs + kHourNs / 2);
}

TEST(TimeZone, KnowsWhetherClocksAreSetWithinATime) {
    const auto rome = TimeZone::find("Europe/Rome");
    ASSERT_NE(rome, nullptr);
    const model::Timestamp change = kForward * kSecondNs;
    EXPECT_TRUE(rome->changes_between(change - kSecondNs, change));
    EXPECT_FALSE(rome->changes_between(change - 2 * kSecondNs, change - kSecondNs));
    EXPECT_FALSE(rome->changes_between(change, change + kDayNs));
    EXPECT_TRUE(rome->changes_between(change, kBack * kSecondNs));
    EXPECT_FALSE(TimeZone::find("UTC")->changes_between(0, model::kTimestampMax));
}

TEST(TimeZone, FindsTheTimeThatClocksShow) {
    Random random(1);
    for (const char* name : {"Europe/Rome", "America/New_York", "Asia/Kolkata", "UTC",
                             "Australia/Lord_Howe", "Pacific/Apia"}) {
        const auto zone = TimeZone::find(name);
        ASSERT_NE(zone, nullptr) << name;
        for (int i = 0; i < 5'000; ++i) {
            const std::int64_t utc = random.between(0, 2'000'000'000);
            const std::int64_t local = utc + zone->offset_ns(utc * kSecondNs) / kSecondNs;
            const std::int64_t found = zone->utc_seconds(local);
            // Where clocks show a time twice, either is right; it shows the same in both.
            ASSERT_EQ(found + zone->offset_ns(found * kSecondNs) / kSecondNs, local) << name << utc;
        }
    }
}

}  // namespace
}  // namespace sluice::query
