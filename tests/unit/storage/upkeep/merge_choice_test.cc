// Which segments are merged next.
#include "storage/upkeep/merge_choice.h"

#include <gtest/gtest.h>

#include "upkeep/other_stores.h"
#include "upkeep/upkeep_bench.h"

namespace sluice::storage {
namespace {

using test::record_of;

using Ids = std::vector<std::uint64_t>;

Ids ids_of(const std::vector<SegmentPtr>& segments) {
    Ids ids;
    for (const SegmentPtr& each : segments) ids.push_back(each->record().id);
    return ids;
}

// With a width of four.
class MergeChoiceTest : public testing::Test {
protected:
    explicit MergeChoiceTest(StoreOptions options = cold_options()) : bench_(std::move(options)) {}
    static StoreOptions cold_options() {
        StoreOptions options = test::small_options();
        options.cold_after_ns = kMinuteNs;
        return options;
    }
    void add(std::initializer_list<std::uint64_t> ids, model::ShardGroupId group = 1,
             std::uint32_t level = 0, HomePart part = {}) {
        for (const std::uint64_t id : ids) {
            SegmentRecord record = record_of(id, group, 0, level);
            record.part = part;
            bench_.segments.add(record);
        }
    }
    std::optional<SegmentMerge> choose(bool into_one = false) {
        return bench_.chooser.choose(into_one);
    }
    Ids chosen(bool into_one = false) {
        const auto merge = choose(into_one);
        return merge ? ids_of(merge->inputs) : Ids{};
    }
    void get_cold() {
        bench_.segments.begin_ages();
        bench_.pass(2 * kMinuteNs);
    }

    test::UpkeepBench bench_;
};

TEST_F(MergeChoiceTest, WithoutSegmentsThereIsNothing) {
    EXPECT_FALSE(choose());
    EXPECT_FALSE(choose(true));
    EXPECT_TRUE(bench_.chooser.strays().empty());
}

TEST_F(MergeChoiceTest, AHotGroupIsMergedWhenItHasAWidthOfOneLevel) {
    add({1, 2, 3});
    EXPECT_EQ(chosen(), Ids{});
    add({4});
    EXPECT_EQ(chosen(), (Ids{1, 2, 3, 4}));
    add({5});
    const auto merge = choose();
    EXPECT_EQ(ids_of(merge->inputs), (Ids{1, 2, 3, 4})) << "the oldest, and no more than a width";
    EXPECT_EQ(merge->group, 1u);
    EXPECT_FALSE(merge->cuts);
    EXPECT_FALSE(merge->is_last);
    EXPECT_FALSE(merge->drop_sequences);
}

TEST_F(MergeChoiceTest, OnlyNeighboursOfOneLevelAreMergedWhileHot) {
    add({1}, 1, 1);
    add({2, 3, 4});
    EXPECT_EQ(chosen(), Ids{});
    add({5}, 1, 1);
    add({6});
    EXPECT_EQ(chosen(), Ids{}) << "5 lies between";
    add({7, 8, 9});
    EXPECT_EQ(chosen(), (Ids{6, 7, 8, 9}));
}

TEST_F(MergeChoiceTest, WhatHasBeenMergedOftenEnoughIsNotMergedWhileHot) {
    add({1, 2, 3, 4}, 1, kMergeLevelMax - 1);
    EXPECT_EQ(chosen(), (Ids{1, 2, 3, 4}));
    add({11, 12, 13, 14}, 2, kMergeLevelMax);
    bench_.segments.take_group(1);
    EXPECT_EQ(chosen(), Ids{});
}

TEST_F(MergeChoiceTest, NothingIsMergedAcrossADamagedOne) {
    add({1, 2, 3, 4, 5, 6, 7});
    bench_.segments.find(record_of(3))->set_damaged();
    EXPECT_EQ(chosen(), (Ids{4, 5, 6, 7}));
    bench_.segments.find(record_of(5))->set_damaged();
    EXPECT_EQ(chosen(), Ids{});
}

TEST_F(MergeChoiceTest, NeighboursAreThoseInTheOrderOfSequences) {
    // They became live in another order, as after a hand-over.
    for (const std::uint64_t id : {7, 1, 5, 3}) bench_.segments.add(record_of(id, 1, 100 * id));
    EXPECT_EQ(chosen(), (Ids{1, 3, 5, 7}));
}

TEST_F(MergeChoiceTest, AColdGroupBecomesOne) {
    add({1, 2});
    add({3}, 1, 1);
    EXPECT_EQ(chosen(), Ids{});
    get_cold();
    const auto merge = choose();
    ASSERT_TRUE(merge);
    EXPECT_EQ(ids_of(merge->inputs), (Ids{1, 2, 3})) << "of any level";
    EXPECT_TRUE(merge->is_last);
    EXPECT_FALSE(merge->drop_sequences) << "whether they can be dropped the merger finds out";
}

TEST_F(MergeChoiceTest, AColdGroupOfOneSegmentIsDone) {
    add({1});
    get_cold();
    EXPECT_EQ(chosen(), Ids{});
    EXPECT_EQ(chosen(true), Ids{});
}

TEST_F(MergeChoiceTest, AGroupWithRowsInAHeadIsNotCold) {
    add({1, 2});
    get_cold();
    ASSERT_TRUE(bench_.write("m,h=a", 10, 1).ok());
    EXPECT_EQ(chosen(), Ids{});
    bench_.heads.drop_group(1);
    EXPECT_EQ(chosen(), (Ids{1, 2}));
}

TEST_F(MergeChoiceTest, BesideADamagedOneAColdGroupIsNotMergedForTheLastTime) {
    add({1, 2, 3, 4});
    bench_.segments.find(record_of(2))->set_damaged();
    get_cold();
    const auto merge = choose();
    ASSERT_TRUE(merge);
    EXPECT_EQ(ids_of(merge->inputs), (Ids{3, 4}));
    EXPECT_FALSE(merge->is_last) << "its sequences are still needed";
}

TEST_F(MergeChoiceTest, HotGroupsComeBeforeColdOnes) {
    add({1, 2}, 1);
    get_cold();
    add({11, 12, 13, 14}, 2);
    EXPECT_EQ(chosen(), (Ids{11, 12, 13, 14}));
}

TEST_F(MergeChoiceTest, ColdGroupsTakeTurns) {
    for (const model::ShardGroupId group : {1, 2, 3}) add({group * 10, group * 10 + 1}, group);
    get_cold();
    EXPECT_EQ(choose()->group, 1u);
    EXPECT_EQ(choose()->group, 2u);
    EXPECT_EQ(choose()->group, 3u);
    EXPECT_EQ(choose()->group, 1u);
}

TEST_F(MergeChoiceTest, AskedForOneEveryGroupWithSeveralIsDue) {
    add({1, 2});
    const auto merge = choose(true);
    ASSERT_TRUE(merge);
    EXPECT_EQ(ids_of(merge->inputs), (Ids{1, 2}));
    EXPECT_FALSE(merge->is_last) << "it is hot: more may come";
}

TEST_F(MergeChoiceTest, WithoutNeighboursNobodyStrays) {
    add({1, 2});
    get_cold();
    EXPECT_TRUE(bench_.chooser.strays().empty());
}

// Beside other stores: what came in and what is at home are merged apart.
class MergeChoiceAmongStoresTest : public MergeChoiceTest {
protected:
    MergeChoiceAmongStoresTest() : MergeChoiceTest(options()) {}
    static StoreOptions options() {
        StoreOptions options = cold_options();
        options.neighbours = std::make_shared<test::OtherStores>();
        options.number = 0;
        return options;
    }
    static constexpr HomePart kHere = {0, 2};   // of the home {0, 1}
    static constexpr HomePart kThere = {1, 2};  // belongs to store 1
};

TEST_F(MergeChoiceAmongStoresTest, WhatCameInIsCut) {
    add({1, 2, 3, 4});
    const auto merge = choose();
    ASSERT_TRUE(merge);
    EXPECT_TRUE(merge->cuts);
}

TEST_F(MergeChoiceAmongStoresTest, WhatIsAtHomeIsMergedApart) {
    bench_.homes.set(1, {{0, 1}});
    add({1, 3, 5}, 1, 0, kHere);
    add({2, 4, 6});
    EXPECT_EQ(chosen(), Ids{}) << "three of each are no width";
    add({7}, 1, 0, kHere);
    const auto merge = choose();
    ASSERT_TRUE(merge);
    EXPECT_EQ(ids_of(merge->inputs), (Ids{1, 3, 5, 7}));
    EXPECT_FALSE(merge->cuts);
}

TEST_F(MergeChoiceAmongStoresTest, WhatCameInWaitsWithItsGroup) {
    add({1, 2, 3, 4});
    bench_.homes.note_waiting(1);
    EXPECT_EQ(chosen(), Ids{});
    bench_.homes.set(1, {{0, 1}});
    add({11, 12, 13, 14}, 1, 0, kHere);
    EXPECT_EQ(chosen(), (Ids{11, 12, 13, 14})) << "what is at home does not";
    bench_.homes.end_waiting(1);
    bench_.segments.take_group(1);
    add({1, 2, 3, 4});
    EXPECT_EQ(chosen(), (Ids{1, 2, 3, 4}));
}

TEST_F(MergeChoiceAmongStoresTest, AColdGroupStraysUntilItsHomeIsKnown) {
    add({1, 2});
    EXPECT_TRUE(bench_.chooser.strays().empty()) << "hot groups are not asked for";
    get_cold();
    EXPECT_EQ(bench_.chooser.strays(), std::vector<model::ShardGroupId>{1});
    EXPECT_EQ(chosen(), Ids{});
    bench_.homes.set(1, {{0, 1}});
    EXPECT_TRUE(bench_.chooser.strays().empty());
    const auto merge = choose();
    ASSERT_TRUE(merge);
    EXPECT_TRUE(merge->cuts) << "first it is sorted";
    EXPECT_FALSE(merge->is_last);
}

TEST_F(MergeChoiceAmongStoresTest, ASingleSegmentThatCameInIsSortedToo) {
    add({1});
    get_cold();
    bench_.homes.set(1, {{0, 1}});
    const auto merge = choose();
    ASSERT_TRUE(merge);
    EXPECT_EQ(ids_of(merge->inputs), Ids{1});
    EXPECT_TRUE(merge->cuts);
}

TEST_F(MergeChoiceAmongStoresTest, WhatIsSortedBecomesOne) {
    bench_.homes.set(1, {{0, 1}});
    add({1, 2}, 1, 1, kHere);
    get_cold();
    const auto merge = choose();
    ASSERT_TRUE(merge);
    EXPECT_FALSE(merge->cuts);
    EXPECT_TRUE(merge->is_last);
}

TEST_F(MergeChoiceAmongStoresTest, AGroupThatNeedsNoHomeBecomesOneAsItIs) {
    add({1, 2});
    get_cold();
    bench_.homes.note_no_home_needed(1);
    EXPECT_TRUE(bench_.chooser.strays().empty());
    const auto merge = choose();
    ASSERT_TRUE(merge);
    EXPECT_EQ(ids_of(merge->inputs), (Ids{1, 2}));
    EXPECT_FALSE(merge->cuts);
    EXPECT_TRUE(merge->is_last);
}

TEST_F(MergeChoiceAmongStoresTest, DamagedOnesDoNotStray) {
    add({1});
    get_cold();
    bench_.segments.find(record_of(1))->set_damaged();
    EXPECT_TRUE(bench_.chooser.strays().empty());
}

TEST_F(MergeChoiceAmongStoresTest, PartsOfAnotherStoreAreSortedAgain) {
    bench_.homes.set(1, {{0, 1}});
    add({1, 2}, 1, 1, kThere);
    get_cold();
    const auto merge = choose();
    ASSERT_TRUE(merge);
    EXPECT_TRUE(merge->cuts);
}

}  // namespace
}  // namespace sluice::storage
