// What is merged or purged, and when: one thing at a time, and nothing while merges are held.
#include "storage/upkeep/compactor.h"

#include <gtest/gtest.h>

#include "upkeep/other_stores.h"
#include "upkeep/upkeep_bench.h"

namespace sluice::storage {
namespace {

using test::delete_of;
using test::deletes_of;
using test::some_rows;

class CompactorTest : public testing::Test {
protected:
    explicit CompactorTest(StoreOptions options = test::small_options())
        : bench_(std::move(options)) {}
    void add(int count) {
        for (int i = 0; i < count; ++i) {
            const std::uint64_t sequence = bench_.sequences.take();
            bench_.add_segment(1, some_rows(3, sequence));
        }
    }
    std::size_t live() { return bench_.segments.of_group(1, kNow).size(); }
    void begin() { bench_.tasks().spawn(bench_.compactor.run()); }
    Result<void> run_until_done(bool into_one = false) {
        return bench_.machine.run(bench_.compactor.run_until_done(into_one));
    }

    test::UpkeepBench bench_;
};

TEST_F(CompactorTest, MergesByItselfWhatIsDue) {
    begin();
    add(3);
    bench_.pass(kSecondNs);
    EXPECT_EQ(live(), 3u);
    add(1);
    bench_.segments.merge_wanted.notify_all();
    bench_.pass(kSecondNs);
    EXPECT_EQ(live(), 1u);
}

TEST_F(CompactorTest, MergesAColdGroupWithoutBeingToldOf) {
    begin();
    add(2);
    bench_.segments.note_written(1);
    bench_.pass(bench_.life.options.cold_after_ns - kMinuteNs);
    EXPECT_EQ(live(), 2u);
    bench_.pass(2 * kMinuteNs + kSecondNs);
    EXPECT_EQ(live(), 1u);
}

TEST_F(CompactorTest, PurgesWhenADeleteIsOldEnough) {
    begin();
    add(1);
    bench_.deletes.set(deletes_of({delete_of(100, "m")}), bench_.machine.reactor().monotonic_ns(),
                       1);
    bench_.segments.merge_wanted.notify_all();
    bench_.pass(bench_.life.options.purge_after_ns - kSecondNs);
    EXPECT_EQ(live(), 1u);
    bench_.pass(2 * kSecondNs);
    EXPECT_EQ(live(), 0u);
}

TEST_F(CompactorTest, BeginsNothingWhileMergesAreHeld) {
    begin();
    bench_.deletes.hold_merges();
    add(4);
    bench_.segments.merge_wanted.notify_all();
    io::Task<Result<void>> asked = bench_.compactor.run_until_done(true);
    bench_.pass(kSecondNs);
    EXPECT_EQ(live(), 4u);
    EXPECT_FALSE(asked.done());
    bench_.deletes.release_merges();
    bench_.segments.merge_wanted.notify_all();
    ASSERT_TRUE(bench_.machine.run(std::move(asked)).ok());
    EXPECT_EQ(live(), 1u);
}

TEST_F(CompactorTest, WorksUntilNothingIsDue) {
    add(9);
    ASSERT_TRUE(run_until_done().ok());
    EXPECT_EQ(live(), 3u) << "two of the next level, and one";
    ASSERT_TRUE(run_until_done(true).ok());
    EXPECT_EQ(live(), 1u);
    ASSERT_TRUE(run_until_done(true).ok());
    EXPECT_EQ(bench_.life.metrics.compactions.value(), 3u) << "and does nothing twice";
}

TEST_F(CompactorTest, TakesTurnsWithItself) {
    begin();
    add(8);
    std::vector<io::Task<Result<void>>> asked;
    for (int i = 0; i < 3; ++i) asked.push_back(bench_.compactor.run_until_done(true));
    for (auto& each : asked) EXPECT_TRUE(bench_.machine.run(std::move(each)).ok());
    EXPECT_EQ(live(), 1u);
    EXPECT_EQ(bench_.rows_of_group(1).size(), 3u);
}

TEST_F(CompactorTest, WhatFailedIsTriedAgainAfterAWhile) {
    begin();
    bench_.machine.world().faults().read_error = 1;
    add(4);
    bench_.segments.merge_wanted.notify_all();
    bench_.pass(100 * kMillisecondNs);
    EXPECT_TRUE(bench_.trouble.compaction());
    const std::uint64_t failures = bench_.life.metrics.compaction_failures.value();
    EXPECT_EQ(failures, 1u) << "not over and over";
    bench_.machine.world().faults() = {};
    bench_.pass(2 * kSecondNs);
    EXPECT_EQ(live(), 1u);
    EXPECT_FALSE(bench_.trouble.compaction());
}

TEST_F(CompactorTest, WhatFailedAndIsDroppedWaitsNoMore) {
    begin();
    bench_.machine.world().faults().read_error = 1;
    add(4);
    bench_.segments.merge_wanted.notify_all();
    bench_.pass(100 * kMillisecondNs);
    ASSERT_TRUE(bench_.trouble.compaction());
    bench_.segments.take_group(1);
    bench_.segments.merge_wanted.notify_all();
    bench_.pass(2 * kSecondNs);
    EXPECT_FALSE(bench_.trouble.compaction());
}

TEST_F(CompactorTest, EndsWithTheStore) {
    add(2);
    bench_.deletes.hold_merges();
    io::Task<Result<void>> asked = bench_.compactor.run_until_done(true);
    bench_.life.stopping = true;
    bench_.segments.merge_wanted.notify_all();
    const Result<void> done = bench_.machine.run(std::move(asked));
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().kind, ErrorKind::kCancelled);
}

// By hand only: nothing begins by itself.
StoreOptions by_hand() {
    StoreOptions options = test::small_options();
    options.background = false;
    return options;
}

class CompactorByHandTest : public CompactorTest {
protected:
    CompactorByHandTest() : CompactorTest(by_hand()) {}
};

TEST_F(CompactorByHandTest, NothingBeginsByItself) {
    begin();
    add(4);
    bench_.segments.merge_wanted.notify_all();
    bench_.pass(5 * kMinuteNs);
    EXPECT_EQ(live(), 4u);
    ASSERT_TRUE(run_until_done().ok());
    EXPECT_EQ(live(), 1u);
}

TEST(CompactorAmongStores, AsksForTheHomesOfColdGroupsTogether) {
    const auto others = std::make_shared<test::OtherStores>();
    StoreOptions options = by_hand();
    options.neighbours = others;
    test::UpkeepBench bench(options);
    for (const model::ShardGroupId group : {1, 2, 3}) {
        bench.add_segment(group, some_rows(3, group));
    }
    bench.segments.begin_ages();
    bench.pass(options.cold_after_ns + kSecondNs);
    ASSERT_TRUE(bench.machine.run(bench.compactor.run_until_done(false)).ok());
    EXPECT_EQ(others->calls, std::vector<std::string>{"homes"});
    for (const model::ShardGroupId group : {1, 2, 3}) {
        EXPECT_TRUE(bench.homes.needs_no_home(group));
    }
}

}  // namespace
}  // namespace sluice::storage
