// InfluxDB 1.12's sentence about points that the limits of a policy kept out.
#include "sluice/query/dropped_points_text.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"

namespace sluice::query {
namespace {

// 2020-01-08T00:00:00Z.
constexpr model::Timestamp kNow = 1'578'441'600 * kSecondNs;

model::WriteBounds bounds(std::int64_t past_ns, std::int64_t future_ns) {
    return {7 * kDayNs, kNow - 7 * kDayNs, {past_ns, future_ns}, kNow};
}

TEST(DroppedPointsText, NamesCountsWindowOldestAndNewest) {
    model::DroppedPoints points(bounds(kHourNs, 10 * kMinuteNs));
    points.add("m,h=a", kNow - 8 * kDayNs);
    points.add("m,h=b", kNow - 2 * kHourNs);
    points.add("m,h=c", kNow + kHourNs + 500 * kMillisecondNs);
    EXPECT_EQ(
        dropped_points_text(points),
        "dropped 1 points outside retention policy of duration 168h0m0s and 2 points outside "
        "write window (-1h0m0s to 10m0s) - oldest point m,h=a at 2019-12-31T00:00:00Z dropped "
        "because it violates a Retention Policy Lower Bound at 2020-01-01T00:00:00Z, newest "
        "point m,h=c at 2020-01-08T01:00:00.5Z dropped because it violates a Write Window Upper "
        "Bound at 2020-01-08T00:10:00Z");
}

TEST(DroppedPointsText, ShowsTheLimitsThereAre) {
    model::DroppedPoints past(bounds(kHourNs, 0));
    past.add("m", kNow - 2 * kHourNs);
    EXPECT_EQ(dropped_points_text(past),
              "dropped 0 points outside retention policy of duration 168h0m0s and 1 points outside "
              "write window (-1h0m0s) - oldest point m at 2020-01-07T22:00:00Z dropped because it "
              "violates a Write Window Lower Bound at 2020-01-07T23:00:00Z, newest point m at "
              "2020-01-07T22:00:00Z dropped because it violates a Write Window Lower Bound at "
              "2020-01-07T23:00:00Z");
    model::DroppedPoints future(bounds(0, kMinuteNs));
    future.add("m", kNow + kHourNs);
    EXPECT_NE(dropped_points_text(future).find("outside write window (1m0s) - oldest"),
              std::string::npos);
}

}  // namespace
}  // namespace sluice::query
