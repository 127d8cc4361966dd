// Which times a policy takes: what it keeps, and its limits around the present.
#include "sluice/model/write_bounds.h"

#include <gtest/gtest.h>

#include "sluice/model/dropped_points.h"
#include "sluice/model/shard_map.h"

namespace sluice::model {
namespace {

constexpr WriteBounds kBounds{1000, 4000, {300, 50}, 5000};

TEST(WriteBounds, TakeWhatLiesBetweenTheLimits) {
    ShardMap map({}, 100, kBounds.retention_min);
    EXPECT_TRUE(map.takes(4000));
    EXPECT_FALSE(map.takes(3999));
    EXPECT_TRUE(map.takes(kTimestampMax));
    EXPECT_EQ(map.bounds(), nullptr);
    map.bind(kBounds);
    for (const Timestamp inside : {4700, 5000, 5050}) EXPECT_TRUE(map.takes(inside)) << inside;
    for (const Timestamp outside : {4699, 5051, 3999, -1}) EXPECT_FALSE(map.takes(outside));
    EXPECT_FALSE(map.takes(kTimestampMin));
    EXPECT_FALSE(map.takes(kTimestampMax));
}

TEST(WriteBounds, WithoutALimitEndWhereTimesEnd) {
    ShardMap map;
    EXPECT_TRUE(map.takes(kTimestampMin));
    EXPECT_TRUE(map.takes(kTimestampMax));
    WriteBounds bounds{0, kTimestampMin, {0, 10}, 0};
    map.bind(bounds);
    EXPECT_TRUE(map.takes(kTimestampMin));
    EXPECT_TRUE(map.takes(10));
    EXPECT_FALSE(map.takes(11));
    // A limit that reaches beyond the times there are.
    bounds = {0, kTimestampMin, {INT64_MAX, INT64_MAX}, 1'800'000'000'000'000'000};
    EXPECT_EQ(bounds.future_max(), kTimestampMax);
    bounds.now = -bounds.now;
    EXPECT_EQ(bounds.past_min(), kTimestampMin);
}

TEST(WriteBounds, NameTheBoundThatIsViolated) {
    EXPECT_EQ(kBounds.violated_by(3999), WriteBound::kRetention);
    EXPECT_EQ(kBounds.violated_by(4699), WriteBound::kPast);
    EXPECT_EQ(kBounds.violated_by(5051), WriteBound::kFuture);
}

TEST(DroppedPoints, CountByBoundAndKeepTheOldestAndTheNewest) {
    DroppedPoints points(kBounds);
    points.add("b", 4699);
    points.add("a", 5051);
    points.add("c", 3999);
    points.add("d", 4698);
    EXPECT_EQ(points.beyond_retention(), 1u);
    EXPECT_EQ(points.outside_window(), 3u);
    EXPECT_EQ(points.count(), 4u);
    EXPECT_EQ(points.oldest().key, "c");
    EXPECT_EQ(points.oldest().bound, WriteBound::kRetention);
    EXPECT_EQ(points.newest().key, "a");
    EXPECT_EQ(points.newest().time, 5051);
}

}  // namespace
}  // namespace sluice::model
