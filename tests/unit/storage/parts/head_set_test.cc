// The heads of a store: when one is frozen, what is in them, and what running appends mean.
#include "storage/parts/head_set.h"

#include <gtest/gtest.h>

#include "storage/memtable/memtable.h"
#include "store_bench.h"

namespace sluice::storage {
namespace {

using test::delete_of;
using test::deletes_of;

StoreOptions options_of(std::uint64_t head_bytes, std::int64_t head_age_ns = kHourNs) {
    StoreOptions options = test::small_options();
    options.head_bytes_max = head_bytes;
    options.head_age_max_ns = head_age_ns;
    return options;
}

std::shared_ptr<Memtable> table_of(test::StoreBench& bench, const std::string& measurement = "m") {
    return bench.heads.active()->head->find(1, measurement);
}
// A table without rows may be there: the log defines it before its rows are durable.
std::uint32_t rows_of(test::StoreBench& bench, const std::string& measurement = "m") {
    const std::shared_ptr<Memtable> table = table_of(bench, measurement);
    return table == nullptr ? 0 : table->rows();
}

// What a flush does when it is done.
void end_oldest(test::StoreBench& bench) {
    const std::shared_ptr<Generation> oldest = bench.heads.frozen().front();
    bench.heads.end_oldest(oldest);
    if (oldest->log) {
        bench.machine.run(bench.files.give_back(oldest->log->take_files()));
    }
}

TEST(HeadSet, BeginsWithAnEmptyHeadOfItsIncarnation) {
    test::StoreBench bench;
    EXPECT_EQ(bench.heads.active()->head->id(), std::uint64_t{1} << 32 | 1);
    EXPECT_EQ(bench.heads.active()->first_row_ns, 0);
    EXPECT_TRUE(bench.heads.frozen().empty());
    EXPECT_TRUE(bench.heads.may_rotate());
    EXPECT_FALSE(bench.heads.has_appends());
    EXPECT_FALSE(bench.heads.has_group(1));
    EXPECT_FALSE(bench.heads.may_have_rows(1));
}

TEST(HeadSet, RowsOfADurableBatchAreInTheActiveHead) {
    test::StoreBench bench;
    ASSERT_TRUE(bench.write("m,h=a", 10, 1).ok());
    ASSERT_TRUE(bench.write("m,h=a", 20, 2).ok());
    EXPECT_EQ(rows_of(bench), 2u);
    EXPECT_NE(bench.heads.active()->first_row_ns, 0);
    EXPECT_TRUE(bench.heads.has_group(1));
    EXPECT_FALSE(bench.heads.has_group(2));
    EXPECT_FALSE(bench.heads.has_appends());
}

TEST(HeadSet, OneHeadIsFrozenAtATime) {
    test::StoreBench bench;
    const std::shared_ptr<Generation> first = bench.heads.active();
    bench.heads.rotate();
    EXPECT_EQ(bench.heads.frozen().front(), first);
    EXPECT_GT(bench.heads.active()->head->id(), first->head->id());
    EXPECT_FALSE(bench.heads.may_rotate());
    end_oldest(bench);
    EXPECT_TRUE(bench.heads.may_rotate());
}

TEST(HeadSetDeathTest, ASecondOneIsNotFrozenBeforeTheFirstEnds) {
    test::StoreBench bench;
    bench.heads.rotate();
    EXPECT_DEATH(bench.heads.rotate(), "may_rotate");
}

// What recovery replayed has no log of its own and does not count: heads go on beside it.
TEST(HeadSet, WhatWasReplayedLeavesRoomForAnother) {
    io::SimMachine machine;
    test::StoreBench bench;
    HeadSet heads(bench.life, bench.wal, bench.groups, bench.deletes);
    auto replayed = std::make_shared<Generation>();
    replayed->head = std::make_shared<Head>(std::uint64_t{1} << 32 | 7);
    heads.begin(2, replayed);
    EXPECT_TRUE(heads.may_rotate());
    heads.rotate();
    EXPECT_EQ(heads.frozen().size(), 2u);
    EXPECT_EQ(heads.frozen().front(), replayed);
    EXPECT_FALSE(heads.may_rotate());
    std::vector<std::uint64_t> ids;
    heads.for_each([&ids](const Generation& each) { ids.push_back(each.head->id()); });
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end())) << "oldest first";
    EXPECT_EQ(ids.size(), 3u);
    bench.machine.run(heads.close());
}

TEST(HeadSet, IsFrozenWhenItIsFull) {
    test::StoreBench bench(options_of(256 * kKiB));
    for (int i = 0; bench.heads.frozen().empty() && i < 100'000; ++i) {
        ASSERT_TRUE(bench.write("m,h=" + std::to_string(i), 10, 1).ok());
        const std::size_t bytes = bench.heads.active()->head->memory_bytes();
        const std::uint64_t logged = bench.heads.active()->log->bytes_written();
        bench.heads.rotate_if_due();
        const bool full = bytes >= 256 * kKiB || logged >= 512 * kKiB;
        ASSERT_EQ(!bench.heads.frozen().empty(), full) << i;
    }
    EXPECT_FALSE(bench.heads.frozen().empty());
}

TEST(HeadSet, IsFrozenWhenItsLogIsTwiceItsMemory) {
    // One-line requests of one series: a page of log each, and next to no memory.
    test::StoreBench bench(options_of(512 * kKiB));
    int writes = 0;
    while (bench.heads.frozen().empty()) {
        ASSERT_TRUE(bench.write("m,h=a", writes, 1).ok());
        bench.heads.rotate_if_due();
        ++writes;
    }
    EXPECT_EQ(writes, static_cast<int>(2 * 512 * kKiB / kDirectIoAlignment));
}

// A series that is new costs as much as many rows, and each head sees it anew.
TEST(HeadSet, GrowsWhileItsSeriesHaveFewRows) {
    StoreOptions options = options_of(256 * kKiB);
    options.head_growth_bytes = 256 * kKiB;
    options.head_rows_per_series = 4;
    const auto bytes_at_freeze = [&options](int series) {
        test::StoreBench bench(options);
        const std::shared_ptr<Generation> first = bench.heads.active();
        while (bench.heads.frozen().empty()) {
            model::PointBatch batch;
            for (int i = 0; i < 100; ++i) {
                const int row = static_cast<int>(first->rows) + i;
                bench.add_to(batch, "m,h=" + std::to_string(row % series), row, 1);
            }
            batch.finish();
            EXPECT_TRUE(bench.append(batch).ok());
            bench.heads.rotate_if_due();
        }
        EXPECT_EQ(first->rows, first->head->rows());
        return first->head->memory_bytes();
    };
    const std::size_t of_known = bytes_at_freeze(10);
    EXPECT_GE(of_known, 256 * kKiB);
    EXPECT_LT(of_known, 512 * kKiB);
    EXPECT_GE(bytes_at_freeze(1'000'000), 512 * kKiB) << "each row has a series of its own";
}

TEST(HeadSet, IsFrozenAtItsAgeUnlessItIsEmpty) {
    test::StoreBench bench(options_of(64 * kMiB, 10 * kSecondNs));
    bench.pass(20 * kSecondNs);
    bench.heads.rotate_if_due();
    EXPECT_TRUE(bench.heads.frozen().empty()) << "an empty head has no age";
    ASSERT_TRUE(bench.write("m,h=a", 10, 1).ok());
    bench.pass(9 * kSecondNs);
    bench.heads.rotate_if_due();
    EXPECT_TRUE(bench.heads.frozen().empty());
    bench.pass(kSecondNs);
    bench.heads.rotate_if_due();
    EXPECT_EQ(bench.heads.frozen().size(), 1u);
}

TEST(HeadSet, AppendsWaitWhileBothHeadsAreFull) {
    test::StoreBench bench(options_of(4 * kKiB));
    const std::shared_ptr<Generation> first = bench.heads.active();
    ASSERT_TRUE(bench.write("m,h=a", 10, 1).ok());
    EXPECT_FALSE(bench.heads.must_wait(*first)) << "it may be frozen";
    bench.heads.rotate();
    EXPECT_FALSE(bench.heads.must_wait(*bench.heads.active())) << "it is empty";
    ASSERT_TRUE(bench.write("m,h=a", 10, 1).ok());
    ASSERT_TRUE(bench.write("m,h=a", 11, 1).ok());
    EXPECT_TRUE(bench.heads.must_wait(*bench.heads.active()));
    EXPECT_FALSE(bench.heads.must_wait(*first)) << "appends to it began before";
    end_oldest(bench);
    EXPECT_FALSE(bench.heads.must_wait(*bench.heads.active()));
}

TEST(HeadSet, ARunningAppendIsCountedUntilItEnds) {
    test::StoreBench bench;
    const model::PointBatch batch = bench.batch_of("m,h=a", 10, 1);
    const std::shared_ptr<Generation> generation = bench.heads.active();
    io::Task<Result<void>> appending = bench.append_to(generation, batch);
    EXPECT_TRUE(bench.heads.has_appends());
    EXPECT_EQ(generation->appends, 1u);
    EXPECT_EQ(rows_of(bench), 0u) << "not yet durable";
    EXPECT_TRUE(bench.heads.may_have_rows(1)) << "but on its way";
    bench.heads.drop_group(1);
    EXPECT_TRUE(bench.heads.may_have_rows(1)) << "also where no table is left";
    EXPECT_FALSE(bench.heads.may_have_rows(2));
    bench.heads.rotate();
    EXPECT_TRUE(bench.heads.has_appends()) << "also of a head that is frozen meanwhile";
    ASSERT_TRUE(bench.machine.run(std::move(appending)).ok());
    EXPECT_FALSE(bench.heads.has_appends());
    EXPECT_NE(generation->head->find(1, "m"), nullptr) << "its rows are in the head it began in";
    EXPECT_EQ(table_of(bench), nullptr);
}

TEST(HeadSet, GuardsMayEndInAnyOrder) {
    test::StoreBench bench;
    const model::PointBatch one = bench.batch_of("m,h=a", 10, 1, 1);
    const model::PointBatch two = bench.batch_of("m,h=a", 10, 1, 2);
    Generation generation;
    const auto make = [&](const model::PointBatch* batch) {
        return std::make_unique<AppendGuard>(generation, bench.life.changed, batch);
    };
    for (const std::array<int, 3>& order :
         {std::array{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}) {
        std::array<std::unique_ptr<AppendGuard>, 3> guards = {make(&one), make(nullptr),
                                                              make(&two)};
        EXPECT_TRUE(guards[0]->brings(1) && !guards[0]->brings(2));
        EXPECT_FALSE(guards[1]->brings(1)) << "a probe brings none";
        std::size_t left = 3;
        for (const int each : order) {
            std::size_t listed = 0;
            for (const AppendGuard* at = generation.running; at != nullptr; at = at->next()) {
                ++listed;
            }
            ASSERT_EQ(listed, left);
            ASSERT_EQ(generation.appends, left);
            guards[static_cast<std::size_t>(each)].reset();
            --left;
        }
        EXPECT_EQ(generation.running, nullptr);
    }
}

TEST(HeadSet, RowsOfAGroupThatWasDroppedOnTheirWayAreGone) {
    test::StoreBench bench;
    const model::PointBatch batch = bench.batch_of("m,h=a", 10, 1);
    io::Task<Result<void>> appending = bench.append_to(bench.heads.active(), batch);
    bench.groups.begin_drop(1);
    ASSERT_TRUE(bench.machine.run(std::move(appending)).ok());
    EXPECT_EQ(rows_of(bench), 0u);
}

model::PointBatch row_of_two_measurements(test::StoreBench& bench) {
    model::PointBatch batch;
    bench.add_to(batch, "m,h=a", 10, 1);
    bench.add_to(batch, "n,h=a", 10, 1);
    batch.finish();
    return batch;
}

TEST(HeadSet, RowsOfAMeasurementThatWasDroppedOnTheirWayAreGone) {
    test::StoreBench bench;
    const model::PointBatch batch = row_of_two_measurements(bench);
    io::Task<Result<void>> appending = bench.append_to(bench.heads.active(), batch);
    bench.deletes.set(deletes_of({delete_of(100, "m")}), 0, bench.heads.active()->head->id());
    ASSERT_TRUE(bench.machine.run(std::move(appending)).ok());
    EXPECT_EQ(rows_of(bench, "m"), 0u);
    EXPECT_EQ(rows_of(bench, "n"), 1u);
}

// The log has defined its columns, and those that come after the drop may have other types.
TEST(HeadSet, ATableThatWaitsForItsRowsGoesWithItsMeasurement) {
    test::StoreBench bench;
    const model::PointBatch batch = row_of_two_measurements(bench);
    io::Task<Result<void>> appending = bench.append_to(bench.heads.active(), batch);
    ASSERT_NE(table_of(bench, "m"), nullptr);
    bench.deletes.set(deletes_of({delete_of(100, "m")}), 0, bench.heads.active()->head->id());
    bench.heads.drop_deleted_tables();
    EXPECT_EQ(table_of(bench, "m"), nullptr);
    EXPECT_NE(table_of(bench, "n"), nullptr);
    ASSERT_TRUE(bench.machine.run(std::move(appending)).ok());
    EXPECT_EQ(table_of(bench, "m"), nullptr);
    EXPECT_EQ(rows_of(bench, "n"), 1u);
}

TEST(HeadSet, ForgetsADroppedGroupInEveryHead) {
    test::StoreBench bench;
    ASSERT_TRUE(bench.write("m,h=a", 10, 1, 1).ok());
    ASSERT_TRUE(bench.write("m,h=a", 10, 1, 2).ok());
    bench.heads.rotate();
    ASSERT_TRUE(bench.write("m,h=a", 10, 1, 1).ok());
    bench.heads.drop_group(1);
    EXPECT_FALSE(bench.heads.has_group(1));
    EXPECT_TRUE(bench.heads.has_group(2));
}

// Their fields may come back with other types, so they go before the flush.
TEST(HeadSet, TablesThatADeleteCoversWhollyGoAtOnce) {
    test::StoreBench bench;
    ASSERT_TRUE(bench.write("m,h=a", 10, 1).ok());
    ASSERT_TRUE(bench.write("n,h=a", 10, 1).ok());
    const std::uint64_t head = bench.heads.active()->head->id();
    bench.deletes.set(deletes_of({delete_of(100, "m", {0, 10})}), 0, head);
    bench.heads.drop_deleted_tables();
    EXPECT_NE(table_of(bench, "m"), nullptr) << "the row at 10 is left";
    bench.deletes.set(deletes_of({delete_of(101, "m")}), 0, head);
    bench.heads.drop_deleted_tables();
    EXPECT_EQ(table_of(bench, "m"), nullptr);
    EXPECT_NE(table_of(bench, "n"), nullptr);
    const model::PointBatch floats = [&bench] {
        model::PointBatch batch;
        add_row(batch, bench.heads.active()->head->series_index(), 1, "m,h=a", 10,
                {number("v", 1.5)});
        batch.finish();
        return batch;
    }();
    EXPECT_TRUE(bench.append(floats).ok()) << "v is a float now";
}

TEST(HeadSet, ABatchLosesTheTablesThatADeleteHasTakenSinceItsSequence) {
    test::StoreBench bench;
    bench.deletes.set(deletes_of({delete_of(100, "m")}), 0, bench.heads.active()->head->id());
    for (const std::uint64_t sequence : {99, 100, 101}) {
        model::PointBatch batch;
        bench.add_to(batch, "m,h=a", 10, 1);
        bench.add_to(batch, "m,h=b", 10, 1);
        bench.add_to(batch, "n,h=a", 10, 1);
        batch.finish();
        bench.heads.drop_deleted_tables(*bench.heads.active(), batch, sequence);
        EXPECT_EQ(batch.row_count(), sequence < 100 ? 1u : 3u) << sequence;
        EXPECT_EQ(batch.table_count(), sequence < 100 ? 1u : 2u) << sequence;
    }
}

// A delete is settled when neither memtables nor logs can bring back what it covers.
TEST(HeadSet, ADeleteIsOpenWhileAHeadOrItsLogHasRowsItCovers) {
    test::StoreBench bench;
    const auto unsettled = [&bench] {
        std::set<std::uint64_t> open;
        bench.heads.add_unsettled(open);
        return open;
    };
    ASSERT_TRUE(bench.write("m,h=a", 10, 1).ok());
    bench.deletes.set(deletes_of({delete_of(100, "m", {0, 100}), delete_of(101, "other")}), 0,
                      bench.heads.active()->head->id());
    // The log has frames: what is in them is not looked at.
    EXPECT_EQ(unsettled(), (std::set<std::uint64_t>{100, 101}));
    bench.heads.rotate();
    EXPECT_EQ(unsettled(), (std::set<std::uint64_t>{100, 101}));
    end_oldest(bench);
    EXPECT_EQ(unsettled(), std::set<std::uint64_t>{}) << "the next head began behind them";
}

TEST(HeadSetDeathTest, HeadsEndOldestFirstAndWithoutAppends) {
    test::StoreBench bench;
    bench.heads.rotate();
    const std::shared_ptr<Generation> active = bench.heads.active();
    EXPECT_DEATH(bench.heads.end_oldest(active), "flushed");
    const std::shared_ptr<Generation> frozen = bench.heads.frozen().front();
    EXPECT_DEATH(
        {
            const AppendGuard guard(*frozen, bench.life.changed, nullptr);
            bench.heads.end_oldest(frozen);
        },
        "appends");
}

}  // namespace
}  // namespace sluice::storage
