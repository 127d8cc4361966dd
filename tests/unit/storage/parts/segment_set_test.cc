// The live segments of a store, and which readers see which of them.
#include "storage/parts/segment_set.h"

#include <gtest/gtest.h>

#include "segment_files.h"
#include "storage/files/file_names.h"
#include "store_bench.h"

namespace sluice::storage {
namespace {

using test::record_of;
using test::some_rows;

using Ids = std::vector<std::uint64_t>;

Ids ids_of(const std::vector<SegmentPtr>& segments) {
    Ids ids;
    for (const SegmentPtr& each : segments) ids.push_back(each->record().id);
    return ids;
}

class SegmentSetTest : public testing::Test {
protected:
    Ids seen(model::ShardGroupId group, Epoch view) const {
        return ids_of(bench_.segments.of_group(group, view));
    }
    void add(std::initializer_list<std::uint64_t> ids, model::ShardGroupId group = 1) {
        for (const std::uint64_t id : ids) bench_.segments.add(record_of(id, group));
    }
    std::vector<SegmentPtr> held(std::initializer_list<std::uint64_t> ids) const {
        std::vector<SegmentPtr> found;
        for (const std::uint64_t id : ids) found.push_back(bench_.segments.find(record_of(id)));
        return found;
    }
    // Puts `made` in the place of `old` without keeping hold of these.
    void replace(std::initializer_list<std::uint64_t> old,
                 std::initializer_list<std::uint64_t> made, Epoch epoch = 0) {
        std::vector<SegmentRecord> records;
        for (const std::uint64_t id : made) records.push_back(record_of(id));
        bench_.segments.replace(held(old), records, epoch);
    }

    test::StoreBench bench_;
};

TEST_F(SegmentSetTest, WithoutSegmentsHasNoGroup) {
    EXPECT_FALSE(bench_.segments.has_group(1));
    EXPECT_TRUE(bench_.segments.groups().empty());
    EXPECT_EQ(seen(1, kNow), Ids{});
    EXPECT_EQ(bench_.segments.find(record_of(1)), nullptr);
    EXPECT_FALSE(bench_.segments.merges_are_behind());
    EXPECT_TRUE(bench_.segments.take_group(1).empty());
}

TEST_F(SegmentSetTest, AGroupEndsWithItsLastSegment) {
    add({1, 2});
    bench_.segments.remove(bench_.segments.find(record_of(1)));
    EXPECT_TRUE(bench_.segments.has_group(1));
    const SegmentPtr last = bench_.segments.find(record_of(2));
    bench_.segments.remove(last);
    EXPECT_FALSE(bench_.segments.has_group(1));
    bench_.segments.remove(last);  // it has left already
    EXPECT_TRUE(bench_.segments.groups().empty());
}

TEST_F(SegmentSetTest, KeepsTheOrderInWhichTheyBecameLive) {
    add({5, 2, 9});
    EXPECT_EQ(seen(1, kNow), (Ids{5, 2, 9}));
}

TEST_F(SegmentSetTest, CrowdedGroupsHaveAsManyAsAMergeTakes) {
    ASSERT_EQ(bench_.life.options.merge_width, 4u);
    add({1, 2, 3});
    EXPECT_TRUE(bench_.segments.crowded().empty());
    add({4});
    EXPECT_EQ(bench_.segments.crowded(), (std::set<model::ShardGroupId>{1}));
    add({5});
    EXPECT_EQ(bench_.segments.crowded().size(), 1u);
    replace({1, 2}, {6});
    EXPECT_EQ(bench_.segments.crowded().size(), 1u) << "four are left";
    replace({3}, {});
    EXPECT_TRUE(bench_.segments.crowded().empty());
    add({7, 8});
    EXPECT_EQ(bench_.segments.crowded().size(), 1u);
    bench_.segments.take_group(1);
    EXPECT_TRUE(bench_.segments.crowded().empty());
}

TEST_F(SegmentSetTest, FlushedOnesBeyondTheBoundMakeWritesWait) {
    ASSERT_EQ(bench_.life.options.segments_slowdown, 8u);
    add({1, 2, 3, 4, 5, 6, 7});
    bench_.segments.add(record_of(20, 1, 0, 1));  // merged once: it does not count
    for (std::uint64_t id = 30; id < 37; ++id) bench_.segments.add(record_of(id, 2));
    EXPECT_FALSE(bench_.segments.merges_are_behind());
    add({8});
    EXPECT_TRUE(bench_.segments.merges_are_behind());
    // One that is damaged is never merged: nobody waits for it.
    bench_.segments.find(record_of(8))->set_damaged();
    EXPECT_FALSE(bench_.segments.merges_are_behind());
}

TEST_F(SegmentSetTest, WhatAMergeMadeHasTheSameRowsForEveryReader) {
    add({1, 2});
    replace({1, 2}, {3});
    for (const Epoch view : {Epoch{0}, Epoch{1}, kNow}) EXPECT_EQ(seen(1, view), Ids{3}) << view;
    EXPECT_TRUE(bench_.segments.departed().empty());
}

TEST_F(SegmentSetTest, WhatArrivesIsSeenFromItsEpochOn) {
    add({1});
    bench_.segments.add_arriving(record_of(2));
    EXPECT_TRUE(bench_.segments.has_arriving(1));
    EXPECT_FALSE(bench_.segments.has_arriving(2));
    EXPECT_EQ(seen(1, kNow), Ids{1}) << "nobody sees it before it is revealed";
    bench_.segments.reveal(5);
    EXPECT_FALSE(bench_.segments.has_arriving(1));
    EXPECT_EQ(seen(1, 4), Ids{1});
    EXPECT_EQ(seen(1, 5), (Ids{1, 2}));
    EXPECT_EQ(seen(1, kNow), (Ids{1, 2}));
}

TEST_F(SegmentSetTest, WhatLeavesIsSeenByReadersFromBefore) {
    add({1, 2});
    replace({1}, {}, 5);  // all of its rows went to other stores
    EXPECT_EQ(seen(1, 4), (Ids{2, 1}));
    EXPECT_EQ(seen(1, 5), Ids{2});
    EXPECT_EQ(seen(1, kNow), Ids{2});
    EXPECT_EQ(ids_of(bench_.segments.departed()), Ids{1});
    EXPECT_EQ(bench_.segments.groups().at(1).size(), 1u);
    bench_.segments.end_readers_before(4);
    EXPECT_EQ(seen(1, 4), (Ids{2, 1})) << "one from epoch 4 may still read";
    bench_.segments.end_readers_before(5);
    EXPECT_TRUE(bench_.segments.departed().empty());
}

TEST_F(SegmentSetTest, ItsOwnPartOfACutIsSeenInItsPlace) {
    add({1, 2});
    replace({1, 2}, {3}, 5);
    EXPECT_EQ(seen(1, 4), (Ids{1, 2}));
    EXPECT_EQ(seen(1, 5), Ids{3});
}

// What was merged of two that came at different epochs: readers from between see the inputs.
TEST_F(SegmentSetTest, AMergeOfWhatArrivedIsSeenSinceTheLastOfThem) {
    add({1});
    bench_.segments.add_arriving(record_of(2));
    bench_.segments.reveal(5);
    replace({1, 2}, {3});
    EXPECT_EQ(seen(1, 4), Ids{1});
    EXPECT_EQ(seen(1, 5), Ids{3});
    EXPECT_EQ(ids_of(bench_.segments.departed()), Ids{1}) << "2 was seen since then, as 3 is";
    // A cut at a later epoch.
    replace({3}, {4}, 8);
    EXPECT_EQ(seen(1, 4), Ids{1});
    EXPECT_EQ(seen(1, 7), Ids{3});
    EXPECT_EQ(seen(1, 8), Ids{4});
}

TEST_F(SegmentSetTest, WithoutReadersFromBeforeNothingIsKeptForThem) {
    add({1, 2});
    bench_.segments.end_readers_before(5);
    replace({1}, {3}, 5);
    EXPECT_TRUE(bench_.segments.departed().empty());
    EXPECT_EQ(seen(1, 5), (Ids{2, 3}));
    bench_.segments.end_readers_before(3);  // it never goes back
    replace({2}, {4}, 5);
    EXPECT_TRUE(bench_.segments.departed().empty());
}

// Every reader sees each row once: a model of who holds which rows at which epoch.
TEST_F(SegmentSetTest, EveryReaderSeesEachRowOnceThroughMergesAndHandOvers) {
    struct Piece {
        std::set<int> rows;
    };
    std::map<std::uint64_t, Piece> pieces;  // by id
    std::map<Epoch, std::set<int>> truth;   // which rows a reader of an epoch sees here
    Random random(7);
    std::uint64_t next_id = 0;
    int next_row = 0;
    Epoch epoch = 0;
    Epoch oldest = 0;
    truth[0] = {};
    const auto check = [&] {
        for (Epoch view = oldest; view <= epoch; ++view) {
            std::multiset<int> rows;
            for (const SegmentPtr& each : bench_.segments.of_group(1, view)) {
                const auto& held = pieces[each->record().id].rows;
                rows.insert(held.begin(), held.end());
            }
            const std::multiset<int> expected(truth[view].begin(), truth[view].end());
            ASSERT_EQ(rows, expected) << "view " << view << " of " << epoch;
        }
    };
    for (int step = 0; step < 400; ++step) {
        const std::vector<SegmentPtr> live = bench_.segments.of_group(1, kNow);
        std::vector<SegmentPtr> inputs;
        Piece all;
        for (const SegmentPtr& each : live) {
            if (!random.chance(0.5)) continue;
            inputs.push_back(each);
            const auto& held = pieces[each->record().id].rows;
            all.rows.insert(held.begin(), held.end());
        }
        switch (random.below(5)) {
            case 0: {  // a flush: all readers see it
                pieces[++next_id].rows = {next_row};
                for (auto& [view, rows] : truth) rows.insert(next_row);
                ++next_row;
                bench_.segments.add(record_of(next_id));
                break;
            }
            case 1: {  // a merge
                if (inputs.empty()) break;
                pieces[++next_id] = all;
                bench_.segments.replace(inputs, {record_of(next_id)});
                break;
            }
            case 2: {  // some rows leave for other stores
                if (inputs.empty()) break;
                truth[epoch + 1] = truth[epoch];
                ++epoch;
                Piece stays;
                for (const int row : all.rows) {
                    if (random.chance(0.5))
                        stays.rows.insert(row);
                    else
                        truth[epoch].erase(row);
                }
                pieces[++next_id] = stays;
                bench_.segments.replace(inputs, {record_of(next_id)}, epoch);
                break;
            }
            case 3: {  // others hand over
                truth[epoch + 1] = truth[epoch];
                ++epoch;
                pieces[++next_id].rows = {next_row};
                truth[epoch].insert(next_row++);
                bench_.segments.add_arriving(record_of(next_id));
                bench_.segments.reveal(epoch);
                break;
            }
            default:
                oldest = std::min(epoch, oldest + random.below(3));
                bench_.segments.end_readers_before(oldest);
        }
        check();
        if (HasFatalFailure()) return;
    }
    bench_.segments.end_readers_before(epoch);
    EXPECT_TRUE(bench_.segments.departed().empty());
    EXPECT_GT(epoch, 50u);
}

TEST_F(SegmentSetTest, TakesAGroupWithWhatOnlyEarlierReadersSee) {
    add({1, 2});
    add({9}, 2);
    replace({1}, {}, 5);
    const std::vector<SegmentPtr> taken = bench_.segments.take_group(1);
    EXPECT_EQ(ids_of(taken), Ids{2});
    EXPECT_TRUE(bench_.segments.departed().empty());
    EXPECT_EQ(seen(1, 4), Ids{});
    EXPECT_EQ(seen(2, kNow), Ids{9});
}

TEST_F(SegmentSetTest, AGroupGetsColdWhenNothingCameForAWhile) {
    StoreOptions options = test::small_options();
    options.cold_after_ns = 10 * kSecondNs;
    test::StoreBench bench(options);
    const std::int64_t begin = bench.machine.reactor().monotonic_ns();
    bench.segments.add(record_of(1, 1));
    EXPECT_FALSE(bench.segments.is_cold(1)) << "nobody knows yet when it was written";
    bench.segments.begin_ages();
    bench.pass(9 * kSecondNs);
    EXPECT_FALSE(bench.segments.is_cold(1));
    const std::int64_t latest = begin + kMinuteNs;
    EXPECT_NEAR(static_cast<double>(bench.segments.next_cold_ns(latest) - begin),
                static_cast<double>(10 * kSecondNs), static_cast<double>(kSecondNs));
    bench.segments.note_written(1);
    bench.pass(9 * kSecondNs);
    EXPECT_FALSE(bench.segments.is_cold(1));
    bench.pass(kSecondNs + kMillisecondNs);
    EXPECT_TRUE(bench.segments.is_cold(1));
    EXPECT_EQ(bench.segments.next_cold_ns(latest), latest) << "what is cold does not get cold";
    EXPECT_FALSE(bench.segments.is_cold(2));
    bench.segments.take_group(1);
    EXPECT_FALSE(bench.segments.is_cold(1));
}

TEST_F(SegmentSetTest, CountsWhatWasLostWhereItWouldBeMissed) {
    SegmentRecord record = record_of(1);
    record.meta.time_min = 100;
    record.meta.time_max = 199;
    bench_.segments.add_lost(record);
    EXPECT_EQ(bench_.segments.count_lost(1, {0, 100}), 0u);
    EXPECT_EQ(bench_.segments.count_lost(1, {0, 101}), 1u);
    EXPECT_EQ(bench_.segments.count_lost(1, {199, 300}), 1u);
    EXPECT_EQ(bench_.segments.count_lost(1, {200, 300}), 0u);
    EXPECT_EQ(bench_.segments.count_lost(2, {0, 1000}), 0u);
    bench_.segments.add_lost(record);
    EXPECT_EQ(bench_.segments.count_lost(1, {150, 160}), 2u);
}

TEST_F(SegmentSetTest, TheNextRecordSaysWhichNumbersAreGone) {
    std::vector<ManifestEdit> edits;
    bench_.segments.take_abandoned(edits);
    EXPECT_TRUE(edits.empty());
    bench_.segments.abandon(5);
    bench_.segments.abandon(6);
    bench_.segments.take_abandoned(edits);
    ASSERT_EQ(edits.size(), 2u);
    EXPECT_EQ(std::get<edit::RemoveSegment>(edits[1]).id, 6u);
    bench_.segments.take_abandoned(edits);
    EXPECT_EQ(edits.size(), 2u) << "each once";
}

TEST(SegmentSetDeathTest, ASegmentIsAddedOnce) {
    test::StoreBench bench;
    bench.segments.add(record_of(1));
    EXPECT_DEATH(bench.segments.add(record_of(1)), "find");
}

// With files: what happens to them when nobody holds the segment any more.
class SegmentFilesTest : public SegmentSetTest {
protected:
    SegmentRecord make(std::uint64_t id) {
        auto written = bench_.machine.run(test::write_segment(
            bench_.machine.reactor(), bench_.life.options.directory, id, 1, some_rows(3, id)));
        SLUICE_CHECK(written.ok());
        return *written;
    }
    bool exists(std::uint64_t id) {
        return bench_.machine.world().disk().find(
                   segment_path(bench_.life.options.directory, 1, id)) != nullptr;
    }
    std::uint64_t rows_of(const SegmentPtr& segment) {
        const auto reader = bench_.machine.run(segment->reader());
        return reader.ok() ? (*reader)->meta().rows : 0;
    }
};

TEST_F(SegmentFilesTest, AFileGoesWithTheLastWhoHoldsItsSegment) {
    bench_.segments.add(make(1));
    SegmentPtr held = bench_.segments.find(record_of(1));
    EXPECT_EQ(rows_of(held), 3u);
    bench_.segments.replace({held}, {make(2)});
    bench_.pass(kSecondNs);
    EXPECT_TRUE(exists(1)) << "a scan still reads it";
    held.reset();
    bench_.pass(kSecondNs);
    EXPECT_FALSE(exists(1));
    EXPECT_TRUE(exists(2));
}

TEST_F(SegmentFilesTest, AFileStaysWhereTheManifestStillListsIt) {
    bench_.segments.add(make(1));
    bench_.segments.remove(bench_.segments.find(record_of(1)));
    bench_.pass(kSecondNs);
    EXPECT_TRUE(exists(1));
}

TEST_F(SegmentFilesTest, AFileStaysForReadersFromBefore) {
    bench_.segments.add(make(1));
    bench_.segments.replace({bench_.segments.find(record_of(1))}, {}, 5);
    bench_.pass(kSecondNs);
    EXPECT_TRUE(exists(1));
    bench_.segments.end_readers_before(5);
    bench_.pass(kSecondNs);
    EXPECT_FALSE(exists(1));
}

TEST_F(SegmentFilesTest, DiscardsFilesThatNoManifestNamed) {
    std::vector<SegmentRecord> unwanted;
    unwanted.push_back(make(1));
    unwanted.push_back(make(2));
    bench_.machine.run(bench_.segments.discard(std::move(unwanted)));
    EXPECT_FALSE(exists(1));
    EXPECT_FALSE(exists(2));
    std::vector<ManifestEdit> edits;
    bench_.segments.take_abandoned(edits);
    EXPECT_EQ(edits.size(), 2u) << "a removed file may come back with a power cut";
}

TEST_F(SegmentFilesTest, AFileThatCannotBeRemovedIsLeftToTheNextStart) {
    std::vector<SegmentRecord> unwanted;
    unwanted.push_back(make(1));
    bench_.machine.world().faults().metadata_error = 1;
    bench_.machine.run(bench_.segments.discard(std::move(unwanted)));
    bench_.machine.world().faults() = {};
    EXPECT_TRUE(exists(1));
}

// Two descriptors for five segments, of which one is being read.
TEST(SegmentSetOpenFiles, ClosesThoseThatNobodyReadsWhenTooManyAreOpen) {
    StoreOptions options = test::small_options();
    options.segments_open_max = 2;
    test::StoreBench bench(options);
    for (std::uint64_t id = 1; id <= 5; ++id) {
        auto written = bench.machine.run(
            test::write_segment(bench.machine.reactor(), "/store", id, id, some_rows(3, id)));
        ASSERT_TRUE(written.ok());
        bench.segments.add(*written);
    }
    const SegmentPtr read = bench.segments.find(record_of(1, 1));
    ASSERT_TRUE(bench.machine.run(read->reader()).ok());
    for (std::uint64_t id = 2; id <= 5; ++id) {
        const SegmentPtr each = bench.segments.find(record_of(id, id));
        ASSERT_TRUE(bench.machine.run(each->reader()).ok()) << id;
    }
    bench.pass(kSecondNs);
    std::size_t open = 0;
    for (std::uint64_t id = 1; id <= 5; ++id) {
        open += bench.segments.find(record_of(id, id))->is_open() ? 1 : 0;
    }
    EXPECT_EQ(open, 2u);
    EXPECT_TRUE(read->is_open()) << "whoever holds one keeps it open";
    // The closed ones open again, with what they were.
    for (std::uint64_t id = 1; id <= 5; ++id) {
        const auto reader = bench.machine.run(bench.segments.find(record_of(id, id))->reader());
        ASSERT_TRUE(reader.ok());
        EXPECT_EQ((*reader)->meta().rows, 3u);
    }
}

}  // namespace
}  // namespace sluice::storage
