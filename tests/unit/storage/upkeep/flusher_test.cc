// Frozen heads become segments, whole or not at all.
#include "storage/upkeep/flusher.h"

#include <gtest/gtest.h>

#include "upkeep/upkeep_bench.h"

namespace sluice::storage {
namespace {

using test::delete_of;
using test::deletes_of;
using test::SegmentRows;

class FlusherTest : public testing::Test {
protected:
    FlusherTest() { bench_.tasks().spawn(bench_.flusher.run()); }
    Result<void> flush() { return bench_.machine.run(bench_.flusher.flush_all()); }
    void write(const std::string& key, model::Timestamp time, std::uint64_t value,
               model::ShardGroupId group = 1) {
        ASSERT_TRUE(bench_.write(key, time, value, group).ok());
    }
    std::vector<SegmentPtr> segments(model::ShardGroupId group = 1) {
        return bench_.segments.of_group(group, kNow);
    }
    io::SimFaults& faults() { return bench_.machine.world().faults(); }

    test::UpkeepBench bench_;
};

TEST_F(FlusherTest, OfAnEmptyHeadDoesNothing) {
    ASSERT_TRUE(flush().ok());
    EXPECT_EQ(bench_.life.metrics.flushes.value(), 0u);
    EXPECT_TRUE(bench_.segments.groups().empty());
    EXPECT_TRUE(bench_.heads.frozen().empty());
}

TEST_F(FlusherTest, RowsOfAHeadAreInOneSegmentPerGroup) {
    write("m,h=b", 20, 2);
    write("m,h=a", 10, 1);
    write("n", 30, 3);
    write("m,h=a", 40, 4, 2);
    const std::uint64_t head = bench_.heads.active()->head->id();
    ASSERT_TRUE(flush().ok());
    ASSERT_EQ(segments(1).size(), 1u);
    ASSERT_EQ(segments(2).size(), 1u);
    EXPECT_EQ(bench_.rows_of(segments(1)[0], "m"),
              (SegmentRows{{{"m,h=a", 10}, 1}, {{"m,h=b", 20}, 2}}));
    EXPECT_EQ(bench_.rows_of(segments(1)[0], "n"), (SegmentRows{{{"n", 30}, 3}}));
    EXPECT_EQ(bench_.rows_of(segments(2)[0], "m"), (SegmentRows{{{"m,h=a", 40}, 4}}));
    const SegmentRecord& record = segments(1)[0]->record();
    EXPECT_EQ(record.level, 0u);
    EXPECT_TRUE(record.has_sequences);
    EXPECT_EQ(record.meta.rows, 3u);
    EXPECT_EQ(record.meta.sequence_min, 1u);
    EXPECT_EQ(record.meta.sequence_max, 3u);
    EXPECT_EQ(bench_.manifest.state().flushed_head, head);
    EXPECT_EQ(bench_.listed().size(), 2u);
    EXPECT_TRUE(bench_.heads.frozen().empty());
    EXPECT_FALSE(bench_.heads.has_group(1));
}

TEST_F(FlusherTest, TheLogOfAFlushedHeadIsFreeAgain) {
    write("m", 10, 1);
    const std::size_t spare = bench_.files.spare_count();
    ASSERT_TRUE(flush().ok());
    bench_.pass(kSecondNs);
    EXPECT_GT(bench_.files.spare_count(), spare);
}

TEST_F(FlusherTest, WhatBatchesWroteToOnePointStaysApart) {
    write("m", 10, 1);
    const model::PointBatch other = bench_.batch_of("m", 10, 2, 1, "w");
    ASSERT_TRUE(bench_.append(other).ok());
    write("m", 10, 3);
    ASSERT_TRUE(flush().ok());
    // Of v the third is left, and of w the second: other stores may have one between.
    EXPECT_EQ(segments()[0]->record().meta.rows, 2u);
}

TEST_F(FlusherTest, WaitsForAppendsThatBeganBefore) {
    write("m", 10, 1);
    const model::PointBatch batch = bench_.batch_of("m", 20, 2);
    io::Task<Result<void>> appending = bench_.append_to(bench_.heads.active(), batch);
    ASSERT_TRUE(flush().ok());
    ASSERT_TRUE(appending.done());
    EXPECT_EQ(bench_.rows_of(segments()[0]), (SegmentRows{{{"m", 10}, 1}, {{"m", 20}, 2}}));
    ASSERT_TRUE(appending.take().ok());
}

TEST_F(FlusherTest, BeginsNothingWhileMergesAreHeld) {
    write("m", 10, 1);
    bench_.deletes.hold_merges();
    io::Task<Result<void>> flushing = bench_.flusher.flush_all();
    bench_.pass(kSecondNs);
    EXPECT_FALSE(flushing.done());
    EXPECT_EQ(bench_.life.metrics.flushes.value(), 0u);
    bench_.deletes.release_merges();
    bench_.life.changed.notify_all();
    EXPECT_TRUE(bench_.machine.run(std::move(flushing)).ok());
    EXPECT_EQ(bench_.life.metrics.flushes.value(), 1u);
}

TEST_F(FlusherTest, DeletedRowsAreLeftOut) {
    write("m,h=a", 10, 1);
    write("m,h=a", 20, 2);
    bench_.deletes.set(deletes_of({delete_of(bench_.sequences.take(), "m", {0, 15})}), 0,
                       bench_.heads.active()->head->id());
    write("m,h=a", 11, 3);  // written later
    ASSERT_TRUE(flush().ok());
    EXPECT_EQ(bench_.rows_of(segments()[0]), (SegmentRows{{{"m,h=a", 11}, 3}, {{"m,h=a", 20}, 2}}));
    EXPECT_EQ(segments()[0]->record().deletes_applied, bench_.deletes.last_sequence());
}

// Its table is still that of the rows which came before the DROP MEASUREMENT.
TEST_F(FlusherTest, AColumnOfDeletedRowsIsLeftOut) {
    write("m", 10, 1);
    bench_.deletes.set(deletes_of({delete_of(bench_.sequences.take(), "m")}), 0,
                       bench_.heads.active()->head->id());
    ASSERT_TRUE(bench_.append(bench_.batch_of("m", 20, 2, 1, "w")).ok());
    ASSERT_TRUE(flush().ok());
    const auto reader = bench_.machine.run(segments()[0]->reader());
    ASSERT_TRUE(reader.ok());
    const std::vector<SegmentColumn>& columns = (*reader)->find_measurement("m")->columns;
    ASSERT_EQ(columns.size(), 1u);
    EXPECT_EQ(columns[0].name, "w");
}

TEST_F(FlusherTest, AHeadOfWhichNothingIsLeftEndsWithoutASegment) {
    write("m", 10, 1);
    bench_.deletes.set(deletes_of({delete_of(bench_.sequences.take(), "m")}), 0,
                       bench_.heads.active()->head->id());
    const std::uint64_t head = bench_.heads.active()->head->id();
    ASSERT_TRUE(flush().ok());
    EXPECT_TRUE(bench_.segments.groups().empty());
    EXPECT_EQ(bench_.manifest.state().flushed_head, head);
    for (const std::string& each : bench_.machine.world().disk().files()) {
        EXPECT_FALSE(each.ends_with(".seg")) << each;
    }
}

TEST_F(FlusherTest, AGroupThatIsBeingDroppedEndsWithTheHead) {
    write("m", 10, 1, 1);
    write("m", 20, 2, 2);
    bench_.groups.begin_drop(1);
    bench_.heads.drop_group(1);
    ASSERT_TRUE(flush().ok());
    EXPECT_FALSE(bench_.segments.has_group(1));
    EXPECT_TRUE(bench_.segments.has_group(2));
    EXPECT_TRUE(bench_.manifest.state().dropped_groups.contains(1))
        << "a crash before the drop's own record must not bring the log's rows back";
}

// Each operation of a flush fails once. It is tried again, and comes to the same.
TEST_F(FlusherTest, AFailureLeavesTheHeadAndNothingElse) {
    std::uint64_t expected = 0;
    for (std::uint64_t nth = 1; nth <= 12; ++nth) {
        write("m", static_cast<model::Timestamp>(nth), nth);
        faults().nth_operation = nth;
        const Result<void> flushed = flush();
        faults() = {};
        if (!flushed.ok()) {
            EXPECT_TRUE(bench_.trouble.flush());
            EXPECT_EQ(bench_.heads.frozen().size(), 1u);
        }
        bench_.pass(kSecondNs);  // it is tried again by itself
        EXPECT_FALSE(bench_.trouble.flush());
        EXPECT_TRUE(bench_.heads.frozen().empty());
        ++expected;
        ASSERT_EQ(bench_.rows_of_group(1).size(), expected) << nth;
        ASSERT_EQ(bench_.listed().size(), segments().size());
    }
    EXPECT_GT(bench_.life.metrics.flush_failures.value(), 3u);
    // Files of attempts that failed are gone.
    std::size_t files = 0;
    for (const std::string& each : bench_.machine.world().disk().files()) {
        files += each.ends_with(".seg") ? 1 : 0;
    }
    EXPECT_EQ(files, segments().size());
}

TEST_F(FlusherTest, OnAFullDiskSaysSoAndGoesOnWhenThereIsSpace) {
    write("m", 10, 1);
    io::SimDisk& disk = bench_.machine.world().disk();
    disk.set_capacity_bytes(disk.capacity_bytes() - disk.free_bytes());
    const Result<void> full = flush();
    ASSERT_FALSE(full.ok());
    EXPECT_EQ(full.error().kind, ErrorKind::kNoSpace);
    EXPECT_TRUE(bench_.trouble.health().text.starts_with("flush waits: "));
    disk.set_capacity_bytes(disk.capacity_bytes() + 10 * kMiB);
    bench_.pass(kSecondNs);
    EXPECT_EQ(bench_.rows_of_group(1).size(), 1u);
}

TEST_F(FlusherTest, NotesWhenAGroupWasWritten) {
    write("m", 10, 1);
    ASSERT_TRUE(flush().ok());
    EXPECT_FALSE(bench_.segments.is_cold(1));
    bench_.pass(bench_.life.options.cold_after_ns + kSecondNs);
    EXPECT_TRUE(bench_.segments.is_cold(1));
}

// More series and rows than one block, out of order.
TEST_F(FlusherTest, SortsWhatCameInAnyOrder) {
    SegmentRows expected;
    Random random(3);
    for (int batch = 0; batch < 20; ++batch) {
        model::PointBatch points;
        for (int i = 0; i < 500; ++i) {
            const std::string key = "m,h=" + std::to_string(random.below(300));
            const auto time = static_cast<model::Timestamp>(random.below(100'000));
            const std::uint64_t value = random.below(1'000'000);
            bench_.add_to(points, key, time, value);
            expected[{key, time}] = value;
        }
        points.finish();
        ASSERT_TRUE(bench_.append(points).ok());
    }
    ASSERT_TRUE(flush().ok());
    EXPECT_EQ(bench_.rows_of_group(1), expected);
}

// What was just written is what is asked for next.
TEST_F(FlusherTest, ANewSegmentIsInTheCache) {
    write("m", 10, 1);
    ASSERT_TRUE(flush().ok());
    bench_.pass(kSecondNs);
    const std::uint64_t before = bench_.machine.world().file_operation_count();
    EXPECT_EQ(bench_.rows_of(segments()[0]).size(), 1u);
    EXPECT_EQ(bench_.machine.world().file_operation_count(), before);
}

}  // namespace
}  // namespace sluice::storage
