// The log of one head: group commit, files that follow each other, and writes that fail.
#include "storage/wal/wal_writer.h"

#include <gtest/gtest.h>

#include "batches.h"
#include "sim_machine.h"
#include "sluice/base/units.h"
#include "storage/files/store_directories.h"
#include "storage/memtable/memtable.h"
#include "wal/log_readback.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t kStoreId = 7;
constexpr std::uint64_t kHeadId = 3;
constexpr std::uint64_t kFileBytes = 64 * kKiB;
constexpr std::uint64_t kFrameBytes = 16 * kKiB;

struct LogOptions {
    std::uint32_t writes_in_flight = 1;
    std::uint32_t spare_files = 3;
    std::uint64_t seed = 1;
};

// A log with its pool. Rows go to the head when they are durable, as in a store.
class Bench {
public:
    explicit Bench(LogOptions options = {})
        : machine(options.seed), pool(machine.reactor(), pool_options(options)) {
        SLUICE_CHECK(machine.run(make_store_directories(machine.reactor(), "/store")).ok());
        context.store_id = kStoreId;
        context.file_bytes = kFileBytes;
        context.frame_bytes = kFrameBytes;
        context.writes_in_flight = options.writes_in_flight;
        context.on_log_begun = [this](std::uint64_t number, std::uint64_t head_id) {
            EXPECT_EQ(head_id, kHeadId);
            begun.push_back(number);
        };
        gate.spawn(pool.run());
        pass(kSecondNs);
        log = std::make_unique<WalWriter>(
            context, head, [this](const model::PointBatch& batch, std::uint64_t sequence) {
                durable.push_back(sequence);
                return take(batch, sequence);
            });
    }
    ~Bench() {
        if (machine.world().crashed()) {
            abandon.emplace();
            return;
        }
        machine.world().faults() = {};
        pool.stop();
        machine.run(gate.close());
        if (log != nullptr) machine.run(log->close());
        machine.run(pool.close());
    }

    // `rows` rows at times of their own, with texts of so many bytes.
    model::PointBatch batch_of(std::size_t rows, std::size_t text_bytes = 0) {
        model::PointBatch batch;
        texts.push_back({text("s", std::string(text_bytes, 'x'))});
        for (std::size_t i = 0; i < rows; ++i) {
            add_row(batch, head.series_index(), 1, "m,h=a", next_time++, texts.back());
        }
        batch.finish();
        return batch;
    }
    // Begins an append() and keeps it running.
    void begin(std::size_t rows, std::size_t text_bytes = 0) {
        batches.push_back(batch_of(rows, text_bytes));
        running.push_back(log->append(batches.back(), next_sequence++));
    }
    // What became of those that were begun.
    std::vector<bool> finish() {
        std::vector<bool> outcomes;
        for (auto& each : running) outcomes.push_back(machine.run(std::move(each)).ok());
        running.clear();
        return outcomes;
    }
    bool append(std::size_t rows, std::size_t text_bytes = 0) {
        begin(rows, text_bytes);
        return finish().back();
    }
    // The next operation of the device fails, which is one of the log: the pool has what it wants.
    void fail_next_write() {
        pass(kSecondNs);
        machine.world().faults().nth_operation = 1;
    }

    // The log as another process would find it after a power cut.
    test::ReadBack crash_and_read() {
        io::SimDisk disk = machine.crash();
        std::vector<std::string> paths;
        for (const std::string& each : disk.files()) {
            if (each.ends_with(".log")) paths.push_back(each);
        }
        io::SimMachine again(99, {}, std::move(disk));
        auto read =
            again.run(test::read_back(again.reactor(), std::move(paths), kStoreId, kHeadId));
        SLUICE_CHECK(read.ok());
        return std::move(*read);
    }

    static io::Task<void> sleep(io::Reactor& reactor, std::int64_t duration_ns) {
        co_await reactor.sleep_ns(duration_ns);
    }
    void pass(std::int64_t duration_ns) { machine.run(sleep(machine.reactor(), duration_ns)); }

    std::optional<io::Abandon> abandon;  // first: it holds while the others go after a crash
    io::SimMachine machine;
    StoreMetrics metrics;
    WalFilePool pool;
    Head head{kHeadId};
    std::deque<std::vector<TestField>> texts;
    std::deque<model::PointBatch> batches;
    std::deque<io::Task<Result<std::uint64_t>>> running;
    std::vector<std::uint64_t> durable;  // sequences, in the order of on_durable
    std::vector<std::uint64_t> begun;    // log numbers
    std::uint64_t next_sequence = 1;
    model::Timestamp next_time = 0;

private:
    static LogFilePoolOptions pool_options(const LogOptions& options) {
        LogFilePoolOptions pool;
        pool.store = "/store";
        pool.file_bytes = kFileBytes;
        pool.spare_target = options.spare_files;
        pool.spare_max = 12;
        return pool;
    }
    Result<void> take(const model::PointBatch& batch, std::uint64_t sequence) {
        for (std::size_t i = 0; i < batch.table_count(); ++i) {
            const model::BatchTable& table = batch.table_at(i);
            SLUICE_TRY_VOID(
                head.memtable(table.shard.group, table.measurement).append(table, sequence));
        }
        return {};
    }

    io::Gate gate;

public:
    WalContext context{machine.reactor(), pool, metrics, gate};
    std::unique_ptr<WalWriter> log;
};

std::vector<std::uint64_t> up_to(std::uint64_t last) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t each = 1; each <= last; ++each) all.push_back(each);
    return all;
}

TEST(WalWriter, WhatCompletedIsThereAfterAnyCrash) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        Bench bench({.seed = seed});
        ASSERT_TRUE(bench.append(1));
        ASSERT_TRUE(bench.append(100));
        const test::ReadBack read = bench.crash_and_read();
        EXPECT_EQ(read.times, test::times_of(bench.head)) << seed;
        EXPECT_EQ(read.times.size(), 101u);
    }
}

TEST(WalWriter, RequestsOfOneTurnShareAFrame) {
    Bench bench;
    for (int i = 0; i < 50; ++i) bench.begin(1);
    for (const bool each : bench.finish()) EXPECT_TRUE(each);
    EXPECT_EQ(bench.metrics.log_frames.value(), 1u);
    EXPECT_EQ(bench.durable, up_to(50));
}

TEST(WalWriter, WhatComesDuringAWriteSharesTheNextFrame) {
    Bench bench;
    bench.begin(1);
    while (bench.machine.backend().in_flight() == 0) {
        bench.machine.reactor().turn(io::Reactor::Wait::kNo);
    }
    for (int i = 0; i < 50; ++i) bench.begin(1);
    bench.finish();
    EXPECT_EQ(bench.metrics.log_frames.value(), 2u);
    EXPECT_EQ(bench.durable, up_to(51));
}

TEST(WalWriter, ABatchThatFillsSeveralFramesCompletesWithTheLast) {
    for (const std::uint32_t in_flight : {1, 2}) {
        Bench bench({.writes_in_flight = in_flight});
        ASSERT_TRUE(bench.append(40, 1000));
        EXPECT_GE(bench.metrics.log_frames.value(), 3u);
        EXPECT_EQ(bench.durable, up_to(1)) << "and is handed over once";
        const test::ReadBack read = bench.crash_and_read();
        EXPECT_EQ(read.times.size(), 40u);
        EXPECT_EQ(read.frames, bench.metrics.log_frames.value());
    }
}

TEST(WalWriter, FilesFollowEachOther) {
    Bench bench;
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(bench.append(1, 5000));
    EXPECT_EQ(bench.log->file_count(), 5u) << "eight frames of two pages fill a file";
    EXPECT_EQ(bench.begun, up_to(5)) << "each is told of once, in order";
    EXPECT_EQ(bench.log->bytes_written(), 40 * 8 * kKiB);
    const test::ReadBack read = bench.crash_and_read();
    EXPECT_EQ(read.times.size(), 40u);
    EXPECT_EQ(read.log_numbers, up_to(5));
}

// One below, at and above what a frame and a file hold.
TEST(WalWriter, ARowMayBeAsLargeAsAFile) {
    std::size_t fits = 0;
    Bench bench;
    for (const std::size_t size : {kFrameBytes - 200, kFrameBytes + 0, kFrameBytes + 200,
                                   kFileBytes - 400, kFileBytes - 200}) {
        EXPECT_TRUE(bench.append(1, size)) << size;
        ++fits;
    }
    bench.batches.push_back(bench.batch_of(1, kFileBytes));
    const auto refused =
        bench.machine.run(bench.log->append(bench.batches.back(), bench.next_sequence++));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::kTooLarge);
    EXPECT_TRUE(bench.append(1)) << "and the log goes on";
    EXPECT_EQ(bench.crash_and_read().times.size(), fits + 1);
}

TEST(WalWriter, AProbeIsAFrameWithoutRows) {
    Bench bench;
    ASSERT_TRUE(bench.machine.run(bench.log->probe()).ok());
    EXPECT_EQ(bench.metrics.log_frames.value(), 1u);
    EXPECT_TRUE(bench.durable.empty());
    ASSERT_TRUE(bench.append(1));
    const test::ReadBack read = bench.crash_and_read();
    EXPECT_EQ(read.frames, 2u);
    EXPECT_EQ(read.times.size(), 1u);
}

TEST(WalWriter, AFailedWriteTakesItsRequestsAndSealsItsFile) {
    for (const std::uint32_t in_flight : {1, 2}) {
        Bench bench({.writes_in_flight = in_flight});
        ASSERT_TRUE(bench.append(1));
        bench.fail_next_write();
        EXPECT_FALSE(bench.append(1));
        EXPECT_EQ(bench.metrics.log_failures.value(), 1u);
        EXPECT_EQ(bench.context.failures_in_a_row, 1u);
        ASSERT_TRUE(bench.context.last_failure);
        ASSERT_TRUE(bench.append(1));
        EXPECT_EQ(bench.context.failures_in_a_row, 0u);
        EXPECT_FALSE(bench.context.last_failure);
        EXPECT_EQ(bench.log->file_count(), 2u) << "the sealed file is never written again";
        EXPECT_EQ(bench.durable, (std::vector<std::uint64_t>{1, 3}));
        // The chain goes on where the sealed file is cut.
        const test::ReadBack read = bench.crash_and_read();
        EXPECT_EQ(read.times, (std::set<model::Timestamp>{0, 2}));
        EXPECT_EQ(read.log_numbers.size(), 2u);
    }
}

// What had gathered behind the frame that failed is encoded anew: it was promised nothing yet.
TEST(WalWriter, RequestsThatWereGatheringGoToAnotherFile) {
    Bench bench;
    ASSERT_TRUE(bench.append(1));
    bench.fail_next_write();
    bench.begin(1);
    while (bench.machine.backend().in_flight() == 0) {
        bench.machine.reactor().turn(io::Reactor::Wait::kNo);
    }
    for (int i = 0; i < 5; ++i) bench.begin(1);
    EXPECT_EQ(bench.finish(), (std::vector<bool>{false, true, true, true, true, true}));
    const test::ReadBack read = bench.crash_and_read();
    EXPECT_EQ(read.times, (std::set<model::Timestamp>{0, 2, 3, 4, 5, 6}));
}

// One of two writes in flight fails, whichever ends first. Where it is the first of them, the
// second is on the disk, whole, and cannot be read without it.
TEST(WalWriter, WhatWasInFlightBehindAFailedWriteIsLostWithIt) {
    std::size_t first_failed = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Bench bench({.writes_in_flight = 2, .seed = seed});
        ASSERT_TRUE(bench.append(1));
        bench.fail_next_write();
        bench.begin(12, 1000);  // a frame of its own
        bench.begin(12, 1000);
        const std::vector<bool> outcomes = bench.finish();
        EXPECT_FALSE(outcomes[1]);
        ASSERT_TRUE(bench.append(1));
        std::set<model::Timestamp> expected = {0, 25};
        if (outcomes[0]) {
            for (model::Timestamp time = 1; time <= 12; ++time) expected.insert(time);
        } else {
            ++first_failed;
        }
        EXPECT_EQ(bench.crash_and_read().times, expected) << "seed " << seed;
    }
    EXPECT_GT(first_failed, 3u);
    EXPECT_LT(first_failed, 20u);
}

// A series that only a lost frame had defined is defined again.
TEST(WalWriter, WhatALostFrameHadDefinedIsDefinedAgain) {
    Bench bench;
    bench.machine.world().faults().write_error = 1;
    EXPECT_FALSE(bench.append(1));
    bench.machine.world().faults() = {};
    ASSERT_TRUE(bench.append(1));
    EXPECT_EQ(bench.crash_and_read().times, (std::set<model::Timestamp>{1}));
}

TEST(WalWriter, WithoutAFileRequestsGetTheReason) {
    Bench bench({.spare_files = 1});
    std::vector<std::unique_ptr<WalFile>> taken;
    bench.machine.world().faults().metadata_error = 1;
    while (auto file = bench.pool.try_take()) taken.push_back(std::move(file));
    for (int i = 0; i < 3; ++i) bench.begin(1);
    EXPECT_EQ(bench.finish(), (std::vector<bool>{false, false, false}));
    ASSERT_TRUE(bench.context.last_failure);
    EXPECT_NE(bench.context.last_failure->message.find("/store/wal/"), std::string::npos);
    bench.machine.world().faults() = {};
    ASSERT_TRUE(bench.append(1));
    EXPECT_EQ(bench.durable, (std::vector<std::uint64_t>{4}));
    bench.machine.run(bench.pool.give_back(std::move(taken)));
    EXPECT_EQ(bench.crash_and_read().times, (std::set<model::Timestamp>{3}));
}

TEST(WalWriter, HandsItsFilesOutWhenNothingWillCome) {
    Bench bench;
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(bench.append(1, 5000));
    const std::size_t count = bench.log->file_count();
    ASSERT_EQ(count, 2u);
    std::vector<std::unique_ptr<WalFile>> files = bench.log->take_files();
    EXPECT_EQ(files.size(), count);
    EXPECT_EQ(bench.log->file_count(), 0u);
    bench.machine.run(bench.pool.give_back(std::move(files)));
}

TEST(WalWriterDeathTest, FilesAreNotHandedOutWhileSomethingIsInFlight) {
    Bench bench;
    bench.begin(1);
    EXPECT_DEATH(bench.log->take_files(), "in_flight_");
    bench.finish();
}

// Frames that were read once are used again, so that a commit needs no new memory.
TEST(WalWriter, FramesAreUsedAgain) {
    Bench bench;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(bench.append(1));
    EXPECT_EQ(bench.context.free_frames.size(), 1u);
    const WalFrame* frame = bench.context.free_frames.front().get();
    ASSERT_TRUE(bench.append(1));
    EXPECT_EQ(bench.context.free_frames.front().get(), frame);
    ASSERT_TRUE(bench.append(1, kFrameBytes));  // an unusually large one is not kept
    EXPECT_EQ(bench.context.free_frames.size(), 1u);
    EXPECT_EQ(bench.context.free_frames.front()->payload_max(), kFrameBytes - kWalHeaderBytes);
}

// Writes that fail, and then a power cut, at any moment: what was acknowledged is read, in the
// order of the calls, and what was refused is not.
TEST(WalWriter, AcknowledgedRowsSurviveFailuresAndACrash) {
    std::size_t failed = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Bench bench({.writes_in_flight = 1 + static_cast<std::uint32_t>(seed % 2), .seed = seed});
        Random random(seed);
        std::set<model::Timestamp> acknowledged;
        std::set<model::Timestamp> refused;
        bench.machine.world().faults().write_error = 0.1;
        bench.machine.world().faults().short_write = 0.2;
        for (int round = 0; round < 12; ++round) {
            std::vector<std::pair<model::Timestamp, model::Timestamp>> rows;
            for (std::uint64_t i = 1 + random.below(4); i > 0; --i) {
                const model::Timestamp first = bench.next_time;
                bench.begin(1 + random.below(20), random.below(2000));
                rows.emplace_back(first, bench.next_time);
            }
            if (round == 11) break;  // the power fails meanwhile
            const std::vector<bool> outcomes = bench.finish();
            for (std::size_t i = 0; i < rows.size(); ++i) {
                failed += outcomes[i] ? 0 : 1;
                for (model::Timestamp time = rows[i].first; time < rows[i].second; ++time) {
                    (outcomes[i] ? acknowledged : refused).insert(time);
                }
            }
        }
        EXPECT_TRUE(std::is_sorted(bench.durable.begin(), bench.durable.end()));
        const test::ReadBack read = bench.crash_and_read();
        EXPECT_TRUE(std::includes(read.times.begin(), read.times.end(), acknowledged.begin(),
                                  acknowledged.end()))
            << "seed " << seed;
    }
    EXPECT_GT(failed, 100u);
}

}  // namespace
}  // namespace sluice::storage
