// Deletes are applied to bytes: one segment is rewritten, removed, or found untouched.
#include "storage/upkeep/purger.h"

#include <gtest/gtest.h>

#include "upkeep/upkeep_bench.h"

namespace sluice::storage {
namespace {

using test::delete_of;
using test::deletes_of;
using test::ListTables;
using test::SegmentRows;

// Rows of `m` at the times 10, 20 and 30 for each key, of sequence 5.
ListTables rows_of(const std::vector<std::string>& keys, const std::string& measurement = "m") {
    std::vector<test::ListRun> runs;
    for (const std::string& each : keys) {
        runs.push_back({each, {{10, 5, {1}}, {20, 5, {2}}, {30, 5, {3}}}});
    }
    return {{measurement, std::move(runs)}};
}

class PurgerTest : public testing::Test {
protected:
    explicit PurgerTest(StoreOptions options = test::small_options())
        : bench_(std::move(options)) {}
    void delete_now(const std::vector<model::Tombstone>& tombstones) {
        bench_.deletes.set(deletes_of(tombstones, {1, 2}), bench_.machine.reactor().monotonic_ns(),
                           1);
    }
    static model::Tombstone delete_host(std::uint64_t sequence, std::string host) {
        model::Tombstone made = delete_of(sequence, "m");
        made.series = model::SeriesPredicate::compare(model::SeriesPredicate::Kind::kEqual, "h",
                                                      std::move(host));
        return made;
    }
    // Runs what is due, and returns what is left.
    std::vector<SegmentPtr> purge() {
        while (const SegmentPtr each = bench_.purger.choose(true)) {
            const Result<void> done = bench_.machine.run(bench_.purger.run(each));
            EXPECT_TRUE(done.ok()) << done.error().message;
            if (!done.ok()) break;
        }
        return bench_.segments.of_group(1, kNow);
    }
    io::SimFaults& faults() { return bench_.machine.world().faults(); }

    test::UpkeepBench bench_;
};

TEST_F(PurgerTest, WithoutDeletesChoosesNothing) {
    bench_.add_segment(1, rows_of({"m,h=a"}));
    EXPECT_EQ(bench_.purger.choose(true), nullptr);
}

TEST_F(PurgerTest, ChoosesWhatDeletesTouchWhenTheyAreOldEnough) {
    const SegmentPtr one = bench_.add_segment(1, rows_of({"m,h=a"}));
    bench_.add_segment(3, rows_of({"m,h=a"}));  // of another database
    delete_now({delete_of(9, "m", {20, 21})});
    EXPECT_EQ(bench_.purger.choose(false), nullptr);
    EXPECT_EQ(bench_.purger.choose(true), one);
    bench_.pass(bench_.life.options.purge_after_ns);
    EXPECT_EQ(bench_.purger.choose(false), one);
    one->set_damaged();
    EXPECT_EQ(bench_.purger.choose(true), nullptr);
}

TEST_F(PurgerTest, RewritesWithoutWhatIsCovered) {
    bench_.add_segment(1, rows_of({"m,h=a", "m,h=b"}), {}, 2);
    delete_now({delete_host(9, "a")});
    const auto left = purge();
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(bench_.rows_of(left[0]),
              (SegmentRows{{{"m,h=b", 10}, 1}, {{"m,h=b", 20}, 2}, {{"m,h=b", 30}, 3}}));
    EXPECT_EQ(left[0]->record().deletes_applied, 9u);
    EXPECT_EQ(left[0]->record().level, 2u) << "it was not merged";
    EXPECT_EQ(bench_.purger.choose(true), nullptr);
}

TEST_F(PurgerTest, ATimeRangeIsCoveredWithoutTheRest) {
    bench_.add_segment(1, rows_of({"m,h=a"}));
    delete_now({delete_of(9, "m", {20, 21})});
    const auto left = purge();
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(bench_.rows_of(left[0]), (SegmentRows{{{"m,h=a", 10}, 1}, {{"m,h=a", 30}, 3}}));
}

TEST_F(PurgerTest, WhatADeleteDoesNotTouchStaysAndIsNoted) {
    const SegmentPtr one = bench_.add_segment(1, rows_of({"m,h=a"}));
    const std::uint64_t id = one->record().id;
    delete_now({delete_host(9, "nosuch")});
    const auto left = purge();
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0]->record().id, id) << "no byte was written";
    EXPECT_EQ(left[0]->record().deletes_applied, 9u);
    EXPECT_EQ(bench_.manifest.state().segments.at(id).deletes_applied, 9u)
        << "a start must not look at it again";
}

TEST_F(PurgerTest, WhatIsCoveredWhollyIsRemovedWithoutAnySpace) {
    const std::uint64_t id = bench_.add_segment(1, rows_of({"m,h=a"}))->record().id;
    delete_now({delete_of(9, "m")});
    io::SimDisk& disk = bench_.machine.world().disk();
    disk.set_capacity_bytes(disk.capacity_bytes() - disk.free_bytes());
    EXPECT_TRUE(purge().empty());
    bench_.pass(kSecondNs);
    EXPECT_FALSE(bench_.has_file(id));
    EXPECT_TRUE(bench_.listed().empty());
    disk.set_capacity_bytes(disk.capacity_bytes() + kMiB);
}

TEST_F(PurgerTest, OneOfSeveralMeasurementsIsTakenOut) {
    ListTables tables = rows_of({"m,h=a"});
    for (auto& each : rows_of({"n,h=a"}, "n")) tables.push_back(std::move(each));
    bench_.add_segment(1, std::move(tables));
    delete_now({delete_of(9, "m")});
    const auto left = purge();
    ASSERT_EQ(left.size(), 1u);
    EXPECT_TRUE(bench_.rows_of(left[0], "m").empty());
    EXPECT_EQ(bench_.rows_of(left[0], "n").size(), 3u);
}

TEST_F(PurgerTest, WithoutSequencesItIsRewrittenWithoutThem) {
    SegmentMerge merge;
    merge.group = 1;
    merge.inputs.push_back(bench_.add_segment(1, rows_of({"m,h=a", "m,h=b"})));
    merge.drop_sequences = true;
    ASSERT_TRUE(bench_.machine.run(bench_.merger.run(std::move(merge))).ok());
    delete_now({delete_host(9, "a")});
    const auto left = purge();
    ASSERT_EQ(left.size(), 1u);
    EXPECT_FALSE(left[0]->record().has_sequences);
    EXPECT_EQ(bench_.rows_of(left[0]).size(), 3u);
}

TEST_F(PurgerTest, OneThatCannotBeReadWaits) {
    const SegmentPtr one = bench_.add_segment(1, rows_of({"m,h=a"}));
    delete_now({delete_host(9, "a")});
    faults().read_error = 1;
    const Result<void> done = bench_.machine.run(bench_.purger.run(one));
    faults() = {};
    ASSERT_FALSE(done.ok());
    EXPECT_TRUE(bench_.trouble.compaction());
    EXPECT_FALSE(one->damaged());
    EXPECT_TRUE(purge().empty());
    EXPECT_FALSE(bench_.trouble.compaction());
}

TEST_F(PurgerTest, ADamagedOneIsNamedAndLeftAlone) {
    const SegmentPtr one = bench_.add_segment(1, rows_of({"m,h=a"}));
    bench_.break_footer(one);
    delete_now({delete_host(9, "a")});
    const Result<void> done = bench_.machine.run(bench_.purger.run(one));
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt);
    EXPECT_TRUE(one->damaged());
    EXPECT_EQ(bench_.purger.choose(true), nullptr);
    EXPECT_FALSE(bench_.trouble.compaction());
}

}  // namespace
}  // namespace sluice::storage
