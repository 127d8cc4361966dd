// What is wrong with a store, whether it refuses writes for it, and what it says.
#include "storage/parts/store_trouble.h"

#include <gtest/gtest.h>

#include "store_bench.h"

namespace sluice::storage {
namespace {

class StoreTroubleTest : public testing::Test {
protected:
    StoreHealth health() const { return bench_.trouble.health(); }
    std::optional<Error> refusal() const { return bench_.trouble.refusal(); }
    // The sentences of health(), one a line.
    static std::size_t count(const std::string& text, const std::string& of) {
        std::size_t found = 0;
        for (std::size_t at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) {
            ++found;
        }
        return found;
    }

    test::StoreBench bench_;
};

TEST_F(StoreTroubleTest, WithoutOneTakesWritesAndSaysNothing) {
    EXPECT_FALSE(refusal());
    EXPECT_EQ(health().state, StoreState::kOk);
    EXPECT_EQ(health().text, "");
}

TEST_F(StoreTroubleTest, TooLittleSpaceRefusesWritesUntilThereIsSome) {
    bench_.trouble.set_no_space(true);
    ASSERT_TRUE(refusal());
    EXPECT_EQ(refusal()->kind, ErrorKind::kNoSpace);
    EXPECT_EQ(health().state, StoreState::kReadOnly);
    EXPECT_EQ(health().text, "too little free space on the device");
    bench_.trouble.set_no_space(false);
    EXPECT_FALSE(refusal());
    EXPECT_EQ(health().state, StoreState::kOk);
}

TEST_F(StoreTroubleTest, ALogThatCannotBeWrittenRefusesWithItsError) {
    bench_.trouble.set_read_only(true);
    ASSERT_TRUE(refusal());
    EXPECT_EQ(refusal()->message, "the write-ahead log cannot be written");
    bench_.wal.last_failure = Error{ErrorKind::kIo, "disk on fire"};
    EXPECT_EQ(refusal()->message, "disk on fire");
    EXPECT_EQ(health().text, "the log cannot be written: disk on fire");
    EXPECT_EQ(health().state, StoreState::kReadOnly);
    bench_.trouble.set_read_only(false);
    EXPECT_FALSE(refusal()) << "one failure alone refuses nothing";
}

TEST_F(StoreTroubleTest, AStoreThatStopsRefusesBeforeAnythingElse) {
    bench_.trouble.set_no_space(true);
    bench_.life.stopping = true;
    ASSERT_TRUE(refusal());
    EXPECT_EQ(refusal()->kind, ErrorKind::kCancelled);
}

TEST_F(StoreTroubleTest, WhatWaitsIsSaidAndEnds) {
    bench_.trouble.note_flush_failed({ErrorKind::kNoSpace, "no room"});
    bench_.trouble.note_compaction_failed({ErrorKind::kIo, "bad read"});
    EXPECT_EQ(health().state, StoreState::kDegraded);
    EXPECT_EQ(health().text, "flush waits: no room; compaction waits: bad read");
    EXPECT_FALSE(refusal()) << "writes go on";
    bench_.trouble.note_flush_failed({ErrorKind::kIo, "other"});
    EXPECT_EQ(bench_.trouble.flush()->message, "other");
    bench_.trouble.end_flush_trouble();
    EXPECT_EQ(health().text, "compaction waits: bad read");
    bench_.trouble.end_compaction_trouble();
    EXPECT_EQ(health().state, StoreState::kOk);
}

TEST_F(StoreTroubleTest, TheWorstOfThemDecidesTheState) {
    bench_.trouble.add_damage("lost a file");
    EXPECT_EQ(health().state, StoreState::kDegraded);
    bench_.trouble.set_no_space(true);
    EXPECT_EQ(health().state, StoreState::kReadOnly);
    EXPECT_EQ(health().text, "too little free space on the device; lost a file");
}

// Whoever waits for room hears of a flush that failed: it must not wait for it in vain.
io::Task<bool> wait_for_change(StoreLife& life, std::int64_t deadline_ns) {
    co_return co_await life.changed.wait_until(deadline_ns);
}

TEST_F(StoreTroubleTest, WakesThoseWhoWaitForRoom) {
    for (const bool flush : {true, false}) {
        io::Task<bool> waiting =
            wait_for_change(bench_.life, bench_.machine.reactor().monotonic_ns() + kSecondNs);
        const Error error{ErrorKind::kIo, "x"};
        if (flush) bench_.trouble.note_flush_failed(error);
        if (!flush) bench_.trouble.note_compaction_failed(error);
        EXPECT_TRUE(bench_.machine.run(std::move(waiting))) << flush;
    }
}

TEST_F(StoreTroubleTest, SaysEachDamagedPlaceOnce) {
    for (int i = 0; i < 3; ++i) {
        bench_.trouble.note_damaged_place("1.seg", {ErrorKind::kCorrupt, "1.seg: block 3"});
        bench_.trouble.note_damaged_place("1.seg", {ErrorKind::kIo, "1.seg: block 4"});
    }
    EXPECT_EQ(health().text, "damaged segment: 1.seg: block 3; unreadable segment: 1.seg: block 4");
}

TEST_F(StoreTroubleTest, NamesSomeDamagedPlacesAndCountsTheOthers) {
    constexpr int kNamed = 32;
    for (int i = 0; i < kNamed; ++i) {
        bench_.trouble.note_damaged_place("1.seg", {ErrorKind::kCorrupt, std::to_string(i)});
    }
    EXPECT_EQ(count(health().text, "damaged segment: "), 32u);
    EXPECT_EQ(count(health().text, "more damaged places"), 0u);
    bench_.trouble.note_damaged_place("1.seg", {ErrorKind::kCorrupt, "another"});
    EXPECT_EQ(count(health().text, "damaged segment: "), 32u);
    EXPECT_EQ(count(health().text, "1 more damaged places"), 1u);
}

// A device that gives nothing back must not make the node remember without an end.
TEST_F(StoreTroubleTest, RemembersABoundedNumberOfPlaces) {
    constexpr int kMax = 10'000;
    for (int i = 0; i < kMax + 10; ++i) {
        bench_.trouble.note_damaged_place("1.seg", {ErrorKind::kIo, "place " + std::to_string(i)});
    }
    EXPECT_EQ(count(health().text, std::to_string(kMax - 32) + " more damaged places"), 1u);
}

// The pool without a spare file, and the reason for it.
TEST_F(StoreTroubleTest, SaysThatThereIsNoRoomForTheLog) {
    bench_.machine.world().faults().metadata_error = 1;
    std::vector<std::unique_ptr<WalFile>> taken;
    while (auto file = bench_.files.try_take()) taken.push_back(std::move(file));
    bench_.pass(10 * kMillisecondNs);
    EXPECT_TRUE(health().text.starts_with("no room for the log: ")) << health().text;
    EXPECT_EQ(health().state, StoreState::kReadOnly);
    bench_.machine.world().faults() = {};
    bench_.pass(kSecondNs);
    EXPECT_EQ(health().state, StoreState::kOk) << health().text;
    bench_.machine.run(bench_.files.give_back(std::move(taken)));
}

// A manifest that waits. What is durable before that can still be added to: writes go on.
TEST_F(StoreTroubleTest, SaysThatTheManifestWaits) {
    bench_.machine.world().faults().write_error = 1;
    std::vector<ManifestEdit> edits;
    edits.push_back(edit::RemoveSegment{1});
    io::Task<Result<void>> appending = bench_.manifest.append(std::move(edits));
    bench_.pass(10 * kMillisecondNs);
    EXPECT_TRUE(health().text.starts_with("the manifest waits: ")) << health().text;
    EXPECT_EQ(health().state, StoreState::kDegraded);
    EXPECT_FALSE(refusal());
    bench_.machine.world().faults() = {};
    EXPECT_TRUE(bench_.machine.run(std::move(appending)).ok());
    EXPECT_EQ(health().state, StoreState::kOk);
}

}  // namespace
}  // namespace sluice::storage
