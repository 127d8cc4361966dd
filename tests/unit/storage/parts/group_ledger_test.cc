// What a store knows of its shard groups beside their rows.
#include "storage/parts/group_ledger.h"

#include <gtest/gtest.h>

#include "store_bench.h"

namespace sluice::storage {
namespace {

using test::record_of;

// Describes what it is asked for but group 9, and remembers how often it was.
struct Describer {
    std::vector<std::set<model::ShardGroupId>> asked;

    StoreOptions options() {
        StoreOptions options = test::small_options();
        options.describe_groups = [this](const std::set<model::ShardGroupId>& groups) {
            asked.push_back(groups);
            GroupFactsMap facts;
            for (const model::ShardGroupId each : groups) {
                if (each != 9) facts[each] = {"d" + std::to_string(each), "p", {0, 10}, 1};
            }
            return facts;
        };
        return options;
    }
};

TEST(GroupLedger, TellsTheManifestWhatAGroupIsWithItsFirstRows) {
    Describer describer;
    test::StoreBench bench(describer.options());
    bench.groups.note(1);
    EXPECT_TRUE(bench.manifest.state().groups.empty()) << "nobody waits for it";
    bench.pass(kSecondNs);
    ASSERT_TRUE(bench.manifest.state().groups.contains(1));
    EXPECT_EQ(bench.manifest.state().groups.at(1).database, "d1");
    // Whatever comes afterwards, it is asked for once.
    for (int i = 0; i < 3; ++i) {
        bench.groups.note(1);
        bench.groups.note(2);
    }
    bench.pass(kSecondNs);
    EXPECT_EQ(describer.asked.size(), 2u);
    EXPECT_TRUE(bench.manifest.state().groups.contains(2));
}

TEST(GroupLedger, TellsOfGroupsThatComeTogetherInOneRecord) {
    Describer describer;
    test::StoreBench bench(describer.options());
    for (const model::ShardGroupId group : {1, 2, 9}) bench.groups.note(group);
    bench.pass(kSecondNs);
    ASSERT_EQ(describer.asked.size(), 1u);
    EXPECT_EQ(describer.asked[0], (std::set<model::ShardGroupId>{1, 2, 9}));
    EXPECT_EQ(bench.manifest.state().groups.size(), 2u) << "9 is not known to anybody";
}

TEST(GroupLedger, TellsNothingWhereNobodyDescribes) {
    test::StoreBench bench;
    bench.groups.note(1);
    bench.pass(kSecondNs);
    EXPECT_TRUE(bench.manifest.state().groups.empty());
    EXPECT_TRUE(bench.groups.may_have_rows(1)) << "but knows it";
}

TEST(GroupLedger, TellsNothingOfAGroupThatIsDropped) {
    Describer describer;
    test::StoreBench bench(describer.options());
    bench.groups.note(1);
    bench.groups.begin_drop(1);
    bench.pass(kSecondNs);
    EXPECT_TRUE(bench.manifest.state().groups.empty());
}

TEST(GroupLedger, MayHaveRowsOfWhatWasEverSpokenOf) {
    test::StoreBench bench;
    EXPECT_FALSE(bench.groups.may_have_rows(1));
    bench.groups.note(1);
    bench.groups.add_replayed({2});
    bench.groups.begin_drop(3);
    std::vector<ManifestEdit> edits;
    edits.push_back(edit::DescribeGroup{4, {"d", "p", {0, 10}, 1}});
    ASSERT_TRUE(bench.machine.run(bench.manifest.append(std::move(edits))).ok());
    for (const model::ShardGroupId group : {1, 2, 3, 4}) {
        EXPECT_TRUE(bench.groups.may_have_rows(group)) << group;
    }
    EXPECT_FALSE(bench.groups.may_have_rows(5));
    EXPECT_TRUE(bench.groups.is_replayed(2));
    EXPECT_FALSE(bench.groups.is_replayed(1));
}

TEST(GroupLedger, ADropHoldsBeforeItsRecordAndAfter) {
    test::StoreBench bench;
    EXPECT_FALSE(bench.groups.is_dropped(1));
    bench.groups.begin_drop(1);
    EXPECT_TRUE(bench.groups.is_dropped(1));
    EXPECT_EQ(bench.groups.drops_under_way(), (std::set<model::ShardGroupId>{1}));
    std::vector<ManifestEdit> edits;
    edits.push_back(edit::DropGroup{1});
    ASSERT_TRUE(bench.machine.run(bench.manifest.append(std::move(edits))).ok());
    bench.groups.end_drop(1);
    EXPECT_TRUE(bench.groups.is_dropped(1));
    EXPECT_TRUE(bench.groups.drops_under_way().empty());
}

TEST(GroupLedgerDeathTest, ADropEndsOnlyWhenItsRecordIsDurable) {
    test::StoreBench bench;
    bench.groups.begin_drop(1);
    EXPECT_DEATH(bench.groups.end_drop(1), "dropped_groups");
}

TEST(GroupLedger, DescribesWithTheFirstSegmentWhatIsNotDescribedYet) {
    Describer describer;
    test::StoreBench bench(describer.options());
    std::vector<ManifestEdit> edits;
    bench.groups.describe({}, edits);
    EXPECT_TRUE(edits.empty());
    EXPECT_TRUE(describer.asked.empty());
    bench.groups.describe({record_of(5, 1), record_of(6, 2), record_of(7, 1)}, edits);
    EXPECT_EQ(edits.size(), 2u);
    ASSERT_TRUE(bench.machine.run(bench.manifest.append(std::move(edits))).ok());
    std::vector<ManifestEdit> none;
    bench.groups.describe({record_of(8, 1)}, none);
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(describer.asked.size(), 1u) << "what the manifest knows is not asked for";
}

// The record that the first rows brought did not get through: the first segment makes up for it.
TEST(GroupLedger, AFailedDescriptionIsMadeUpFor) {
    Describer describer;
    test::StoreBench bench(describer.options());
    bench.machine.world().faults().write_error = 1;
    bench.groups.note(1);
    bench.pass(10 * kMillisecondNs);
    EXPECT_TRUE(bench.manifest.state().groups.empty());
    bench.machine.world().faults() = {};
    std::vector<ManifestEdit> edits;
    bench.groups.describe({record_of(5, 1)}, edits);
    EXPECT_EQ(edits.size(), 1u);
}

}  // namespace
}  // namespace sluice::storage
