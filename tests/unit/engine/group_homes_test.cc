#include "engine/group_homes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sluice::engine {
namespace {

using storage::GroupHolding;
using storage::GroupHome;

constexpr std::uint64_t kPerPart = 1000;
const std::vector<std::uint32_t> kStores{1, 2, 3, 4};

GroupHolding fresh(std::uint64_t values) {
    GroupHolding holding;
    holding.has_unsorted = true;
    holding.values = values;
    return holding;
}
GroupHolding keeps(std::uint16_t number, std::uint16_t count, std::uint64_t values) {
    GroupHolding holding;
    holding.values = values;
    holding.parts.push_back({{number, count}, values});
    return holding;
}
GroupHome choose(const Holdings& holdings, const GroupHome& known = {},
                 model::ShardGroupId group = 8) {
    return choose_home(group, known, holdings, kStores, kPerPart);
}

TEST(GroupHomes, ASmallGroupOfOneStoreStaysThere) {
    EXPECT_TRUE(choose({}).empty());
    EXPECT_TRUE(choose({{2, fresh(0)}}).empty());
    EXPECT_TRUE(choose({{2, fresh(2 * kPerPart - 1)}}).empty());
}

TEST(GroupHomes, ASmallGroupOfSeveralStoresGoesToTheLargest) {
    EXPECT_EQ(choose({{1, fresh(10)}, {3, fresh(11)}}).stores, (std::vector<std::uint32_t>{3}));
    EXPECT_EQ(choose({{2, fresh(0)}, {4, fresh(0)}}).stores, (std::vector<std::uint32_t>{2}));
}

TEST(GroupHomes, ALargeGroupHasAPartForEachSoManyValues) {
    EXPECT_EQ(choose({{2, fresh(2 * kPerPart)}}).stores.size(), 2u);
    EXPECT_EQ(choose({{2, fresh(3 * kPerPart)}}).stores.size(), 3u);
    const GroupHome all = choose({{2, fresh(900 * kPerPart)}});
    const std::set<std::uint32_t> distinct(all.stores.begin(), all.stores.end());
    EXPECT_EQ(distinct, std::set<std::uint32_t>(kStores.begin(), kStores.end()));
}

TEST(GroupHomes, WhatSegmentsSayIsFoundAgain) {
    // As after a restart: nothing is known, and the stores are others than one would choose now.
    const GroupHome home = choose({{7, keeps(0, 2, 50)}, {2, keeps(1, 2, 60)}});
    EXPECT_EQ(home.stores, (std::vector<std::uint32_t>{7, 2}));
    // A part that was put into two places by an accident: the larger counts.
    const GroupHome larger =
        choose({{7, keeps(0, 2, 50)}, {2, keeps(1, 2, 60)}, {3, keeps(0, 2, 51)}});
    EXPECT_EQ(larger.stores, (std::vector<std::uint32_t>{3, 2}));
    // A part without series gets a store.
    const GroupHome gap = choose({{2, keeps(1, 2, 60)}});
    ASSERT_EQ(gap.stores.size(), 2u);
    EXPECT_EQ(gap.stores[1], 2u);
}

TEST(GroupHomes, AHomeChangesOnlyWhenTheGroupHasGrownWell) {
    const GroupHome one{{3}};
    EXPECT_EQ(choose({{1, fresh(1999)}, {3, fresh(0)}}, one), one);
    EXPECT_EQ(choose({{1, fresh(2000)}, {3, fresh(0)}}, one).stores.size(), 2u);
    const GroupHome two{{3, 1}};
    EXPECT_EQ(choose({{1, fresh(3999)}, {3, fresh(0)}}, two), two);
    EXPECT_EQ(choose({{1, fresh(4000)}, {3, fresh(0)}}, two).stores.size(), 4u);
    EXPECT_EQ(choose({}, two), two);
}

TEST(GroupHomes, OthersAreSortedWhenAllTheyHaveIsAtHome) {
    const GroupHome home{{1, 2}};
    EXPECT_TRUE(others_are_sorted(1, home, {{1, fresh(5)}, {2, keeps(1, 2, 5)}}));
    EXPECT_FALSE(others_are_sorted(2, home, {{1, fresh(5)}, {2, keeps(1, 2, 5)}}));
    EXPECT_TRUE(others_are_sorted(1, {}, {{1, fresh(5)}}));
    EXPECT_FALSE(others_are_sorted(1, {}, {{1, fresh(5)}, {2, keeps(1, 2, 5)}}));
}

TEST(GroupHomes, PartsOfKeysAreEvenAndNeverChange) {
    std::vector<int> counts(7);
    for (int i = 0; i < 7000; ++i) ++counts[storage::home_part("m,host=h" + std::to_string(i), 7)];
    for (const int each : counts) EXPECT_NEAR(each, 1000, 150);
    EXPECT_EQ(storage::home_part("m,host=a", 1), 0);
    // Segments on disk were cut by these.
    EXPECT_EQ(storage::home_part("m,host=a", 1000), 87);
    EXPECT_EQ(storage::home_part("cpu,region=eu", 1000), 524);
}

}  // namespace
}  // namespace sluice::engine
