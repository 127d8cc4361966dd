// One merge: what comes out, what a failure leaves, and how parts are handed over.
#include "storage/upkeep/segment_merger.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "upkeep/other_stores.h"
#include "upkeep/upkeep_bench.h"

namespace sluice::storage {
namespace {

using test::delete_of;
using test::deletes_of;
using test::ListTables;
using test::SegmentRows;

// One row of `m` for each of `keys`, at `time`.
ListTables rows_of_keys(const std::vector<std::string>& keys, model::Timestamp time,
                        std::uint64_t sequence, std::uint64_t value) {
    std::vector<test::ListRun> runs;
    for (const std::string& each : keys) runs.push_back({each, {{time, sequence, {value}}}});
    return {{"m", std::move(runs)}};
}

SegmentMerge merge_of(std::vector<SegmentPtr> inputs) {
    SegmentMerge merge;
    merge.group = 1;
    merge.inputs = std::move(inputs);
    return merge;
}

class SegmentMergerTest : public testing::Test {
protected:
    explicit SegmentMergerTest(StoreOptions options = test::small_options())
        : bench_(std::move(options)) {}
    Result<void> run(SegmentMerge merge) {
        return bench_.machine.run(bench_.merger.run(std::move(merge)));
    }
    std::vector<SegmentPtr> live() { return bench_.segments.of_group(1, kNow); }
    io::SimFaults& faults() { return bench_.machine.world().faults(); }

    test::UpkeepBench bench_;
};

TEST_F(SegmentMergerTest, ManyBecomeOneOfTheNextLevel) {
    const SegmentPtr first = bench_.add_segment(1, rows_of_keys({"m,h=a", "m,h=b"}, 10, 5, 1));
    const SegmentPtr second = bench_.add_segment(1, rows_of_keys({"m,h=b", "m,h=c"}, 10, 7, 2));
    const std::uint64_t first_id = first->record().id;
    const std::uint64_t second_id = second->record().id;
    ASSERT_TRUE(run(merge_of({first, second})).ok());
    ASSERT_EQ(live().size(), 1u);
    const SegmentRecord& record = live()[0]->record();
    EXPECT_EQ(record.level, 1u);
    EXPECT_TRUE(record.has_sequences);
    EXPECT_EQ(record.meta.sequence_min, 5u);
    EXPECT_EQ(record.meta.sequence_max, 7u);
    EXPECT_EQ(bench_.rows_of(live()[0]),
              (SegmentRows{{{"m,h=a", 10}, 1}, {{"m,h=b", 10}, 2}, {{"m,h=c", 10}, 2}}));
    EXPECT_EQ(bench_.listed(), std::vector<std::uint64_t>{record.id});
    EXPECT_TRUE(bench_.has_file(first_id)) << "somebody holds it";
    EXPECT_EQ(bench_.life.metrics.compactions.value(), 1u);
    EXPECT_NE(second_id, record.id);
}

TEST_F(SegmentMergerTest, InputsGoWhenNobodyHoldsThem) {
    std::vector<SegmentPtr> inputs;
    std::vector<std::uint64_t> ids;
    for (const std::uint64_t sequence : {5, 7}) {
        inputs.push_back(bench_.add_segment(1, rows_of_keys({"m"}, 10, sequence, sequence)));
        ids.push_back(inputs.back()->record().id);
    }
    ASSERT_TRUE(run(merge_of(std::move(inputs))).ok());
    bench_.pass(kSecondNs);
    for (const std::uint64_t each : ids) EXPECT_FALSE(bench_.has_file(each));
    EXPECT_EQ(bench_.rows_of(live()[0]), (SegmentRows{{{"m", 10}, 7}}));
}

TEST_F(SegmentMergerTest, RewritingOneKeepsItsLevel) {
    const SegmentPtr one = bench_.add_segment(1, rows_of_keys({"m"}, 10, 5, 1), {}, 2);
    ASSERT_TRUE(run(merge_of({one})).ok());
    EXPECT_EQ(live()[0]->record().level, 2u);
}

TEST_F(SegmentMergerTest, DeletedRowsAreLeftOut) {
    const SegmentPtr first = bench_.add_segment(1, rows_of_keys({"m,h=a"}, 10, 5, 1));
    const SegmentPtr second = bench_.add_segment(1, rows_of_keys({"m,h=a"}, 20, 7, 2));
    bench_.deletes.set(deletes_of({delete_of(6, "m")}), 0, 1);
    ASSERT_TRUE(run(merge_of({first, second})).ok());
    EXPECT_EQ(bench_.rows_of(live()[0]), (SegmentRows{{{"m,h=a", 20}, 2}}));
    EXPECT_EQ(live()[0]->record().deletes_applied, 6u);
}

// As earlier versions wrote it: the values that made v2 a string were deleted before the flush.
TEST(SegmentMerger, AColumnWithoutAValueHasNoType) {
    const auto row = [](model::Timestamp time, std::optional<std::uint64_t> second) {
        const auto at = static_cast<std::uint64_t>(time);
        return ListTables{{"m", {{"m", {{time, at, {at, second}}}}}}};
    };
    for (const bool stale_first : {true, false}) {
        SCOPED_TRACE(stale_first);
        test::UpkeepBench bench;
        std::vector<SegmentPtr> inputs = {
            bench.add_segment(1, row(10, std::nullopt), {}, 0, model::FieldType::kString),
            bench.add_segment(1, row(20, 2))};
        if (!stale_first) std::ranges::reverse(inputs);
        ASSERT_TRUE(bench.machine.run(bench.merger.run(merge_of(inputs))).ok());
        const std::vector<SegmentPtr> live = bench.segments.of_group(1, kNow);
        ASSERT_EQ(live.size(), 1u);
        EXPECT_EQ(bench.rows_of(live[0]), (SegmentRows{{{"m", 10}, 10}, {{"m", 20}, 20}}));
        const auto reader = bench.machine.run(live[0]->reader());
        ASSERT_TRUE(reader.ok());
        for (const SegmentColumn& each : (*reader)->find_measurement("m")->columns) {
            EXPECT_EQ(each.type, model::FieldType::kInteger) << each.name;
        }
    }
}

TEST_F(SegmentMergerTest, WhereNothingIsLeftThereIsNoSegment) {
    const SegmentPtr one = bench_.add_segment(1, rows_of_keys({"m"}, 10, 5, 1));
    bench_.deletes.set(deletes_of({delete_of(6, "m")}), 0, 1);
    ASSERT_TRUE(run(merge_of({one})).ok());
    EXPECT_TRUE(live().empty());
    EXPECT_TRUE(bench_.listed().empty());
}

TEST_F(SegmentMergerTest, SequencesAreDroppedWhereAsked) {
    SegmentMerge merge = merge_of({bench_.add_segment(1, rows_of_keys({"m"}, 10, 5, 1)),
                                   bench_.add_segment(1, rows_of_keys({"m"}, 10, 7, 2))});
    merge.drop_sequences = true;
    ASSERT_TRUE(run(std::move(merge)).ok());
    EXPECT_FALSE(live()[0]->record().has_sequences);
    EXPECT_EQ(live()[0]->record().meta.sequence_max, 7u) << "the manifest still knows them";
    EXPECT_EQ(bench_.rows_of(live()[0]), (SegmentRows{{{"m", 10}, 2}}));
}

// Each operation of a merge fails once: the inputs stay, or the outputs have taken their place.
TEST_F(SegmentMergerTest, AFailureLeavesTheInputs) {
    const SegmentPtr first = bench_.add_segment(1, rows_of_keys({"m"}, 10, 5, 1));
    const SegmentPtr second = bench_.add_segment(1, rows_of_keys({"m"}, 20, 7, 2));
    const SegmentRows expected = bench_.rows_of_group(1);
    std::uint64_t failures = 0;
    for (std::uint64_t nth = 1; nth < 20 && live().size() == 2; ++nth) {
        faults().nth_operation = nth;
        const Result<void> done = run(merge_of({first, second}));
        faults() = {};
        if (done.ok()) break;
        ++failures;
        EXPECT_EQ(bench_.trouble.compaction()->kind, ErrorKind::kIo);
        EXPECT_EQ(bench_.listed().size(), 2u) << nth;
        ASSERT_EQ(bench_.rows_of_group(1), expected) << nth;
        EXPECT_FALSE(first->damaged());
    }
    EXPECT_GT(failures, 3u);
    ASSERT_EQ(live().size(), 1u);
    EXPECT_FALSE(bench_.trouble.compaction());
    EXPECT_EQ(bench_.rows_of_group(1), expected);
}

TEST_F(SegmentMergerTest, ADamagedInputIsNamedAndTheOthersAreNot) {
    const SegmentPtr first = bench_.add_segment(1, rows_of_keys({"m"}, 10, 5, 1));
    const SegmentPtr second = bench_.add_segment(1, rows_of_keys({"m"}, 20, 7, 2));
    bench_.break_footer(second);
    bench_.segments.cache().forget_segment(second->record().id);
    const Result<void> done = run(merge_of({first, second}));
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt);
    EXPECT_FALSE(first->damaged());
    EXPECT_TRUE(second->damaged());
    EXPECT_FALSE(bench_.trouble.compaction()) << "nothing waits for it";
}

TEST_F(SegmentMergerTest, OfAGroupThatWasDroppedMeanwhileNothingStays) {
    const SegmentPtr one = bench_.add_segment(1, rows_of_keys({"m"}, 10, 5, 1));
    const SegmentPtr two = bench_.add_segment(1, rows_of_keys({"m"}, 20, 7, 1));
    io::Task<Result<void>> merging = bench_.merger.run(merge_of({one, two}));
    bench_.groups.begin_drop(1);
    for (const SegmentPtr& each : bench_.segments.take_group(1)) each->set_obsolete();
    ASSERT_TRUE(bench_.machine.run(std::move(merging)).ok());
    EXPECT_TRUE(live().empty());
    std::vector<std::string> segments;
    for (const std::string& each : bench_.machine.world().disk().files()) {
        if (each.ends_with(".seg")) segments.push_back(each);
    }
    EXPECT_EQ(segments.size(), 2u) << "those of the inputs, which are held here";
}

// Beside other stores.
class HandOverTest : public SegmentMergerTest {
protected:
    explicit HandOverTest(
        std::shared_ptr<test::OtherStores> others = std::make_shared<test::OtherStores>())
        : SegmentMergerTest(options_beside(others)), others_(std::move(others)) {}
    static StoreOptions options_beside(std::shared_ptr<test::OtherStores> others) {
        StoreOptions options = test::small_options();
        options.neighbours = std::move(others);
        options.number = 0;
        return options;
    }
    void SetUp() override {
        for (const std::uint32_t store : {1, 2}) {
            ASSERT_TRUE(bench_.machine
                            .run(make_store_directories(bench_.machine.reactor(),
                                                        test::OtherStores::directory_of(store)))
                            .ok());
        }
        for (int i = 0; i < 40; ++i) keys_.push_back("m,h=" + std::to_string(100 + i));
        others_->choice.home.stores = {0, 1};
        for (const std::uint64_t sequence : {5, 7}) {
            inputs_.push_back(bench_.add_segment(
                1, rows_of_keys(keys_, static_cast<model::Timestamp>(sequence), sequence, 1)));
        }
    }
    SegmentMerge cut() const {
        SegmentMerge merge = merge_of(inputs_);
        merge.cuts = true;
        return merge;
    }
    std::size_t count(const std::string& call) const {
        return static_cast<std::size_t>(
            std::count(others_->calls.begin(), others_->calls.end(), call));
    }
    std::size_t files_of_others() {
        std::size_t files = 0;
        for (const std::string& each : bench_.machine.world().disk().files()) {
            files += each.starts_with("store-") && each.ends_with(".seg") ? 1 : 0;
        }
        return files;
    }
    std::size_t keys_of_part(std::uint16_t part) const {
        return static_cast<std::size_t>(
            std::count_if(keys_.begin(), keys_.end(),
                          [part](const std::string& each) { return home_part(each, 2) == part; }));
    }

    const std::shared_ptr<test::OtherStores> others_;
    std::vector<std::string> keys_;
    std::vector<SegmentPtr> inputs_;
};

TEST_F(HandOverTest, PartsGoWhereTheyBelongAtOneEpoch) {
    ASSERT_TRUE(run(cut()).ok());
    EXPECT_EQ(others_->calls, (std::vector<std::string>{"homes", "place 1", "begin", "accept 1",
                                                        "reveal", "end 1"}));
    ASSERT_EQ(others_->accepted.size(), 1u);
    const SegmentRecord& given = others_->accepted.begin()->second;
    EXPECT_EQ(given.part, (HomePart{1, 2}));
    EXPECT_EQ(given.meta.rows, 2 * keys_of_part(1));
    EXPECT_EQ(given.meta.sequence_min, 5u);
    EXPECT_GE(given.level, 1u);
    ASSERT_EQ(live().size(), 1u);
    EXPECT_EQ(live()[0]->record().part, (HomePart{0, 2}));
    EXPECT_EQ(live()[0]->record().meta.rows, 2 * keys_of_part(0));
    EXPECT_EQ(live()[0]->since(), 1u);
    EXPECT_EQ(bench_.segments.of_group(1, 0).size(), 2u) << "readers from before see the inputs";
    EXPECT_EQ(files_of_others(), 1u);
    for (const auto& [place, value] : bench_.rows_of(live()[0])) {
        EXPECT_EQ(home_part(place.first, 2), 0);
    }
}

TEST_F(HandOverTest, WithAHomeElsewhereNothingStays) {
    others_->choice.home.stores = {1};
    ASSERT_TRUE(run(cut()).ok());
    EXPECT_TRUE(live().empty());
    EXPECT_TRUE(bench_.listed().empty());
    EXPECT_EQ(others_->accepted.size(), 1u);
}

TEST_F(HandOverTest, OneStoreMayTakeSeveralParts) {
    others_->choice.home.stores = {1, 2, 1};
    ASSERT_TRUE(run(cut()).ok());
    EXPECT_EQ(count("accept 1"), 2u);
    EXPECT_EQ(count("accept 2"), 1u);
    EXPECT_EQ(others_->accepted.size(), 3u);
}

TEST_F(HandOverTest, AHomeHereNeedsNoHandOver) {
    others_->choice.home.stores = {0};
    ASSERT_TRUE(run(cut()).ok());
    EXPECT_EQ(others_->calls, std::vector<std::string>{"homes"});
    ASSERT_EQ(live().size(), 1u);
    EXPECT_EQ(live()[0]->record().part, (HomePart{0, 1}));
    EXPECT_EQ(live()[0]->since(), 0u) << "every reader sees the same rows";
}

TEST_F(HandOverTest, WithoutAHomeTheyAreMergedAsTheyAre) {
    others_->choice.home.stores.clear();
    ASSERT_TRUE(run(cut()).ok());
    ASSERT_EQ(live().size(), 1u);
    EXPECT_TRUE(live()[0]->record().part.is_any());
    EXPECT_TRUE(bench_.homes.needs_no_home(1));
    // One alone is left as it is.
    SegmentMerge merge = merge_of(live());
    merge.cuts = true;
    const std::uint64_t before = live()[0]->record().id;
    ASSERT_TRUE(run(std::move(merge)).ok());
    EXPECT_EQ(live()[0]->record().id, before);
}

// Whatever fails before the record of this store is durable, its rows are still here.
TEST_F(HandOverTest, ARefusalLeavesTheInputsAndNoFiles) {
    struct Case {
        const char* fails;
        std::size_t given_up;  // places that were taken for nothing
        std::size_t left;      // files of other stores: they may know of them
    };
    for (const Case& each : {Case{"homes", 0, 0}, {"place", 0, 0}, {"begin", 1, 0}}) {
        others_->fails = each.fails;
        others_->given_up.clear();
        EXPECT_FALSE(run(cut()).ok()) << each.fails;
        EXPECT_EQ(live().size(), 2u);
        EXPECT_EQ(bench_.listed().size(), 2u);
        EXPECT_EQ(others_->given_up.size(), each.given_up) << each.fails;
        EXPECT_EQ(files_of_others(), each.left) << each.fails;
        EXPECT_EQ(count("reveal"), 0u);
        bench_.homes.end_waiting(1);
    }
    // What begins is ended.
    EXPECT_EQ(count("begin"), 1u);
    EXPECT_EQ(count("end 0"), 0u) << "what did not begin is not ended";
}

TEST_F(HandOverTest, WhatOneStoreTookIsShownAlsoIfTheNextRefuses) {
    others_->choice.home.stores = {1, 2};
    others_->fails = "accept 2";
    EXPECT_FALSE(run(cut()).ok());
    EXPECT_EQ(count("accept 1"), 1u);
    EXPECT_EQ(count("reveal"), 1u) << "its rows are in both places now: with equal sequences";
    EXPECT_EQ(count("end 1"), 1u);
    EXPECT_EQ(live().size(), 2u);
    EXPECT_TRUE(bench_.homes.is_waiting(1)) << "each attempt may leave another copy";
    ASSERT_TRUE(bench_.trouble.compaction());
}

TEST_F(HandOverTest, ADropThatWasFasterEndsIt) {
    io::Task<Result<void>> merging = bench_.merger.run(cut());
    bench_.groups.begin_drop(1);
    const Result<void> done = bench_.machine.run(std::move(merging));
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().kind, ErrorKind::kCancelled);
    EXPECT_EQ(count("accept 1"), 0u);
    EXPECT_EQ(count("end 0"), 1u) << "what began is ended";
    EXPECT_EQ(files_of_others(), 0u);
    EXPECT_FALSE(bench_.trouble.compaction());
}

// The last merge of a cold group lets go of sequences, if no older row can come.
class LastMergeTest : public HandOverTest {
protected:
    SegmentMerge last() const {
        SegmentMerge merge = merge_of(inputs_);
        merge.is_last = true;
        return merge;
    }
    void SetUp() override {
        HandOverTest::SetUp();
        others_->choice.home.stores.clear();
        others_->choice.others_are_sorted = true;
    }
    bool waits() {
        SLUICE_CHECK(run(last()).ok());
        return bench_.homes.is_waiting(1) && live().size() == 2;
    }
};

TEST_F(LastMergeTest, LetsGoOfSequences) {
    ASSERT_TRUE(run(last()).ok());
    ASSERT_EQ(live().size(), 1u);
    EXPECT_FALSE(live()[0]->record().has_sequences);
}

TEST_F(LastMergeTest, WaitsWhileOthersHaveRowsThatAreNotSorted) {
    others_->choice.others_are_sorted = false;
    EXPECT_TRUE(waits());
}

TEST_F(LastMergeTest, WaitsWhileAHeadMayHaveRows) {
    ASSERT_TRUE(bench_.write("m,h=a", 10, 1).ok());
    EXPECT_TRUE(waits());
}

TEST_F(LastMergeTest, WaitsForWhatIsArriving) {
    bench_.segments.add_arriving(test::record_of(900));
    EXPECT_TRUE(waits());
}

TEST_F(LastMergeTest, WaitsWhereThereAreOtherSegments) {
    bench_.add_segment(1, rows_of_keys({"m"}, 1, 1, 1));
    SLUICE_CHECK(run(last()).ok());
    EXPECT_TRUE(bench_.homes.is_waiting(1));
    EXPECT_EQ(live().size(), 3u);
}

TEST_F(LastMergeTest, WaitsWhereItHasAHomeAndIsNotThere) {
    others_->choice.home.stores = {0, 1};
    EXPECT_TRUE(waits());
}

// Without neighbours whoever opened the store says whether it is alone.
TEST(SegmentMergerAlone, DropsSequencesWhereTheGroupIsItsOwn) {
    for (const bool alone : {false, true}) {
        StoreOptions options = test::small_options();
        options.group_is_ours_alone = [alone](model::ShardGroupId) { return alone; };
        test::UpkeepBench bench(options);
        SegmentMerge merge = merge_of({bench.add_segment(1, rows_of_keys({"m"}, 10, 5, 1)),
                                       bench.add_segment(1, rows_of_keys({"m"}, 20, 7, 2))});
        merge.is_last = true;
        ASSERT_TRUE(bench.machine.run(bench.merger.run(std::move(merge))).ok());
        EXPECT_EQ(bench.segments.of_group(1, kNow)[0]->record().has_sequences, !alone);
    }
}

}  // namespace
}  // namespace sluice::storage
