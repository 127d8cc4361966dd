#include "sluice/model/shard_map.h"

#include <gtest/gtest.h>

namespace sluice::model {
namespace {

TEST(Truncate, WeeksBeginOnMondayAsInGo) {
    // 2026-11-21T12:00:00Z is a Saturday; its week began on 2026-11-16.
    EXPECT_EQ(truncate_as_go(1795262400 * kSecondNs, kWeekNs), 1794787200 * kSecondNs);
    EXPECT_EQ(truncate_as_go(0, kWeekNs), -3 * kDayNs);
    EXPECT_EQ(truncate_as_go(-1, kDayNs), -kDayNs);
    EXPECT_EQ(truncate_as_go(kTimestampMin, kWeekNs), kTimestampMin);
}

TEST(ShardMap, FindsExistingGroupsAndProposesNewOnes) {
    const ShardMap map({{{0, 10}, 1}, {{20, 30}, 2}}, 10, 5);
    EXPECT_EQ(map.find(9).group, 1u);
    EXPECT_EQ(map.find(20).group, 2u);
    EXPECT_EQ(map.find(15).group, 0u);
    EXPECT_TRUE(map.takes(5));
    EXPECT_FALSE(map.takes(4));
}

TEST(ShardMap, NewRangesNeverOverlapExistingGroups) {
    // Groups of 7 made before the policy was altered to 100.
    const ShardMap map({{{100, 107}, 1}, {{150, 157}, 2}}, 100, kTimestampMin);
    for (Timestamp t = 90; t < 220; ++t) {
        const ShardSlot slot = map.find(t);
        EXPECT_TRUE(slot.range.contains(t)) << t;
        if (slot.group == 0) {
            EXPECT_FALSE(slot.range.overlaps({100, 107})) << t;
            EXPECT_FALSE(slot.range.overlaps({150, 157})) << t;
        }
    }
}

TEST(ShardMap, TheLastGroupEndsAtTheEndOfTime) {
    EXPECT_TRUE(
        ShardMap({}, kWeekNs, kTimestampMin).find(kTimestampMax).range.contains(kTimestampMax));
}

}  // namespace
}  // namespace sluice::model
