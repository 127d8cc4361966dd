// The cache of a store: what it keeps, and what goes first.
#include "storage/cache/block_cache.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice::storage {
namespace {

// Each entry costs this much beside its bytes: the bound holds for both together.
constexpr std::uint64_t kOverhead = 160;

std::shared_ptr<const int> thing(int value) {
    return std::make_shared<const int>(value);
}
BlockCache::Key key(std::uint64_t segment, std::uint64_t offset) {
    return {segment, offset, 4096};
}
int value_of(BlockCache& cache, const BlockCache::Key& key) {
    const auto found = std::static_pointer_cast<const int>(cache.find(key));
    return found == nullptr ? -1 : *found;
}

TEST(BlockCache, FindsWhatWasInserted) {
    BlockCache cache(100'000);
    EXPECT_EQ(cache.find(key(1, 0)), nullptr);
    cache.insert(key(1, 0), thing(7), 100);
    EXPECT_EQ(value_of(cache, key(1, 0)), 7);
    EXPECT_EQ(value_of(cache, key(1, 4096)), -1);
    EXPECT_EQ(value_of(cache, key(2, 0)), -1);
    EXPECT_EQ(cache.bytes(), 100 + kOverhead);
}

TEST(BlockCache, ThingsOfAnotherKindAtOnePlaceAreOthers) {
    BlockCache cache(100'000);
    constexpr std::array<Made, 4> kinds = {Made::kBytes, Made::kIndex, Made::kSeriesPage,
                                           Made::kSeriesList};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        cache.insert({1, 0, 0, kinds[i]}, thing(static_cast<int>(i)), 10);
    }
    cache.insert({1, 0, 8192, Made::kBytes}, thing(9), 10);  // a longer range from there
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        EXPECT_EQ(value_of(cache, {1, 0, 0, kinds[i]}), static_cast<int>(i));
    }
    EXPECT_EQ(value_of(cache, {1, 0, 8192, Made::kBytes}), 9);
}

TEST(BlockCache, KeepsTheFirstOfTwoUnderOneKey) {
    BlockCache cache(100'000);
    cache.insert(key(1, 0), thing(1), 100);
    cache.insert(key(1, 0), thing(2), 500);
    EXPECT_EQ(value_of(cache, key(1, 0)), 1);
    EXPECT_EQ(cache.bytes(), 100 + kOverhead);
}

TEST(BlockCache, TakesNothingThatIsMoreThanAQuarterOfIt) {
    const std::uint64_t quarter = 10'000;
    for (const std::uint64_t bytes : {quarter - 1, quarter, quarter + 1}) {
        BlockCache cache(4 * quarter);
        cache.insert(key(1, 0), thing(1), bytes - kOverhead);
        EXPECT_EQ(cache.contains(key(1, 0)), bytes <= quarter) << bytes;
    }
}

// Ten entries of a tenth each fit exactly.
class FullCache : public testing::Test {
protected:
    static constexpr std::uint64_t kEntry = 1000;
    void SetUp() override {
        for (int i = 0; i < 10; ++i) insert(i);
    }
    void insert(int i) { cache_.insert(key_of(i), thing(i), kEntry - kOverhead); }
    static BlockCache::Key key_of(int i) { return key(1, static_cast<std::uint64_t>(i) * 4096); }

    BlockCache cache_{10 * kEntry};
};

TEST_F(FullCache, HoldsExactlyItsBound) {
    EXPECT_EQ(cache_.bytes(), 10 * kEntry);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(cache_.contains(key_of(i))) << i;
    EXPECT_FALSE(cache_.has_room(0));
}

TEST_F(FullCache, LetsTheLeastRecentlyUsedGo) {
    EXPECT_EQ(value_of(cache_, key_of(0)), 0);  // used: 1 is the oldest now
    insert(10);
    EXPECT_TRUE(cache_.contains(key_of(0)));
    EXPECT_FALSE(cache_.contains(key_of(1)));
    EXPECT_EQ(cache_.bytes(), 10 * kEntry);
}

TEST_F(FullCache, LookingWhetherItIsThereIsNoUse) {
    EXPECT_TRUE(cache_.contains(key_of(0)));
    insert(10);
    EXPECT_FALSE(cache_.contains(key_of(0)));
}

TEST_F(FullCache, MakesRoomForOneThatIsLarger) {
    cache_.insert(key(2, 0), thing(20), 2 * kEntry - kOverhead + 1);
    EXPECT_EQ(cache_.bytes(), 9 * kEntry + 1);  // three went, not two
    for (int i = 0; i < 10; ++i) EXPECT_EQ(cache_.contains(key_of(i)), i >= 3) << i;
}

TEST_F(FullCache, WhatIsHeldStaysAlive) {
    const auto held = std::static_pointer_cast<const int>(cache_.find(key_of(0)));
    for (int i = 10; i < 30; ++i) insert(i);
    EXPECT_FALSE(cache_.contains(key_of(0)));
    EXPECT_EQ(*held, 0);
}

TEST_F(FullCache, ForgetsASegmentAndNoOther) {
    cache_.insert(key(2, 0), thing(20), 100);  // pushes 0 out
    cache_.forget_segment(1);
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(cache_.contains(key_of(i))) << i;
    EXPECT_EQ(value_of(cache_, key(2, 0)), 20);
    EXPECT_EQ(cache_.bytes(), 100 + kOverhead);
    cache_.forget_segment(3);
    EXPECT_EQ(value_of(cache_, key(2, 0)), 20);
    cache_.forget_segment(2);
    EXPECT_EQ(cache_.bytes(), 0u);
}

TEST(BlockCache, SaysHowMuchFitsWithoutPushingOthersOut) {
    BlockCache cache(1000);
    EXPECT_TRUE(cache.has_room(1000 - kOverhead));
    EXPECT_FALSE(cache.has_room(1000 - kOverhead + 1));
    cache.insert(key(1, 0), thing(1), 50);
    EXPECT_TRUE(cache.has_room(1000 - 2 * kOverhead - 50));
    EXPECT_FALSE(cache.has_room(1000 - 2 * kOverhead - 49));
}

TEST(BlockCache, OfNoBytesKeepsNothing) {
    BlockCache cache(0);
    EXPECT_FALSE(cache.has_room(0));
    cache.insert(key(1, 0), thing(1), 0);
    EXPECT_EQ(cache.bytes(), 0u);
    EXPECT_EQ(cache.find(key(1, 0)), nullptr);
}

}  // namespace
}  // namespace sluice::storage
