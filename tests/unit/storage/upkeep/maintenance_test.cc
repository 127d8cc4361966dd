// What no request triggers: free space, ages, a log that failed, and what the manifest is told.
#include "storage/upkeep/maintenance.h"

#include <gtest/gtest.h>

#include "upkeep/upkeep_bench.h"

namespace sluice::storage {
namespace {

StoreOptions with_space(std::uint64_t free_space_min) {
    StoreOptions options = test::small_options();
    options.free_space_min = free_space_min;
    options.head_age_max_ns = 10 * kSecondNs;
    return options;
}

class MaintenanceTest : public testing::Test {
protected:
    MaintenanceTest() {
        bench_.wal.on_log_begun = [this](std::uint64_t log, std::uint64_t head) {
            bench_.maintenance.note_log(log, head);
        };
        bench_.tasks().spawn(bench_.maintenance.run());
    }
    io::SimFaults& faults() { return bench_.machine.world().faults(); }
    bool write() { return bench_.write("m", next_time_++, 1).ok(); }

    test::UpkeepBench bench_{with_space(64 * kKiB)};
    model::Timestamp next_time_ = 0;
};

TEST_F(MaintenanceTest, NoticesWhenThereIsTooLittleSpaceAndWhenThereIsEnough) {
    io::SimDisk& disk = bench_.machine.world().disk();
    const std::uint64_t used = disk.capacity_bytes() - disk.free_bytes();
    EXPECT_FALSE(bench_.trouble.no_space());
    disk.set_capacity_bytes(used + 64 * kKiB - 1);
    bench_.pass(300 * kMillisecondNs);
    EXPECT_TRUE(bench_.trouble.no_space());
    disk.set_capacity_bytes(used + 64 * kKiB);
    bench_.pass(300 * kMillisecondNs);
    EXPECT_FALSE(bench_.trouble.no_space()) << "exactly enough is enough";
}

TEST_F(MaintenanceTest, FreezesAHeadAtItsAge) {
    ASSERT_TRUE(write());
    bench_.pass(9 * kSecondNs);
    EXPECT_TRUE(bench_.heads.frozen().empty());
    bench_.pass(kSecondNs + 300 * kMillisecondNs);
    EXPECT_EQ(bench_.heads.frozen().size(), 1u);
}

TEST_F(MaintenanceTest, AfterSeveralFailuresTheStoreIsReadOnlyUntilAFrameSucceeds) {
    bench_.wal.failures_in_a_row = 2;
    bench_.pass(300 * kMillisecondNs);
    EXPECT_FALSE(bench_.trouble.read_only());
    faults().write_error = 1;
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(write());
    bench_.pass(300 * kMillisecondNs);
    EXPECT_TRUE(bench_.trouble.read_only());
    bench_.pass(2 * kSecondNs);
    EXPECT_TRUE(bench_.trouble.read_only());
    faults() = {};
    bench_.pass(kSecondNs);
    EXPECT_FALSE(bench_.trouble.read_only());
    EXPECT_TRUE(write());
}

TEST_F(MaintenanceTest, TellsTheManifestOfEachLogThatHoldsFrames) {
    EXPECT_TRUE(bench_.manifest.state().logs.empty());
    ASSERT_TRUE(write());
    bench_.pass(100 * kMillisecondNs);
    ASSERT_EQ(bench_.manifest.state().logs.size(), 1u);
    const edit::LogBegun& log = bench_.manifest.state().logs.begin()->second;
    EXPECT_EQ(log.head_id, bench_.heads.active()->head->id());
    EXPECT_EQ(log.file_bytes, bench_.life.options.wal_file_bytes);
    ASSERT_TRUE(write());
    bench_.pass(100 * kMillisecondNs);
    EXPECT_EQ(bench_.manifest.state().logs.size(), 1u) << "once for each";
}

TEST_F(MaintenanceTest, TellsNothingOfALogWhoseHeadIsInSegments) {
    ASSERT_TRUE(write());
    bench_.pass(100 * kMillisecondNs);
    std::vector<ManifestEdit> edits;
    edits.push_back(edit::Flushed{bench_.heads.active()->head->id()});
    ASSERT_TRUE(bench_.machine.run(bench_.manifest.append(std::move(edits))).ok());
    bench_.maintenance.note_log(99, bench_.heads.active()->head->id());
    bench_.pass(100 * kMillisecondNs);
    EXPECT_TRUE(bench_.manifest.state().logs.empty());
}

// At a stop: one empty frame behind the last of each log, and a note of where it ended.
TEST_F(MaintenanceTest, EndsEachLogWithAnEmptyFrame) {
    const auto frames = [this] { return bench_.life.metrics.log_frames.value(); };
    bench_.machine.run(bench_.maintenance.end_logs(false));
    EXPECT_EQ(frames(), 0u) << "a log without frames needs none";
    ASSERT_TRUE(write());
    bench_.heads.rotate();
    ASSERT_TRUE(write());
    EXPECT_EQ(frames(), 2u);
    bench_.machine.run(bench_.maintenance.end_logs(true));
    EXPECT_EQ(frames(), 3u) << "the log of a head that is being flushed is about to go";
    bench_.machine.run(bench_.maintenance.end_logs(false));
    EXPECT_EQ(frames(), 5u);
    const ManifestState& noted = bench_.manifest.state();
    EXPECT_EQ(noted.log_end(bench_.heads.frozen().front()->head->id()), 1u);
    EXPECT_EQ(noted.log_end(bench_.heads.active()->head->id()), 2u) << "it was ended twice";
    bench_.trouble.set_no_space(true);
    bench_.machine.run(bench_.maintenance.end_logs(false));
    EXPECT_EQ(frames(), 5u);
}

TEST_F(MaintenanceTest, MakesTheManifestThatTheStartCouldNot) {
    const std::uint64_t before = bench_.manifest.state().next_segment_id;
    bench_.machine.run(bench_.maintenance.make_manifest());
    EXPECT_TRUE(bench_.manifest.is_durable());
    EXPECT_EQ(bench_.manifest.state().next_segment_id, before);
}

// CacheWarmer: as far as there is room, and never in the way.
class CacheWarmerTest : public testing::Test {
protected:
    static StoreOptions options(std::uint64_t cache_bytes) {
        StoreOptions options = test::small_options();
        options.block_cache_bytes = cache_bytes;
        return options;
    }
    // Bytes that the cache holds after warming a segment of so many rows.
    static std::uint64_t warmed(test::UpkeepBench& bench, std::size_t rows) {
        test::ListTables tables = test::some_rows(rows, 5);
        Random random(1);  // values that take their space
        for (test::ListRow& each : tables[0].second[0].rows) each.fields[0] = random.next();
        const SegmentRecord record = bench.add_segment(1, std::move(tables))->record();
        bench.machine.run(bench.warmer.warm(record));
        return bench.segments.cache().bytes();
    }
};

TEST_F(CacheWarmerTest, ReadsWhatFits) {
    test::UpkeepBench large(options(32 * kMiB));
    const std::uint64_t all = warmed(large, 20'000);
    EXPECT_GT(all, 10 * kKiB);
    test::UpkeepBench none(options(0));
    EXPECT_EQ(warmed(none, 20'000), 0u);
    test::UpkeepBench half(options(all / 2));
    const std::uint64_t some = warmed(half, 20'000);
    EXPECT_LE(some, all / 2);
}

TEST_F(CacheWarmerTest, LeavesTheDeviceToAFlush) {
    test::UpkeepBench idle(options(32 * kMiB));
    const std::uint64_t all = warmed(idle, 20'000);
    test::UpkeepBench busy(options(32 * kMiB));
    busy.heads.rotate();  // a head waits to be flushed
    EXPECT_LT(warmed(busy, 20'000), all);
}

TEST_F(CacheWarmerTest, OfASegmentThatIsGoneDoesNothing) {
    test::UpkeepBench bench;
    bench.machine.run(bench.warmer.warm(test::record_of(77)));
    EXPECT_EQ(bench.segments.cache().bytes(), 0u);
}

TEST_F(CacheWarmerTest, OfADamagedSegmentSaysNothing) {
    test::UpkeepBench bench;
    const SegmentPtr one = bench.add_segment(1, test::some_rows(3, 5));
    bench.break_footer(one);
    bench.machine.run(bench.warmer.warm(one->record()));
    EXPECT_FALSE(one->damaged());
    EXPECT_EQ(bench.trouble.health().state, StoreState::kOk);
}

}  // namespace
}  // namespace sluice::storage
