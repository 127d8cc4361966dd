// Damaged segments are taken out of service, and so that no crash brings a loss unsaid.
#include "storage/parts/quarantine.h"

#include <gtest/gtest.h>

#include "segment_files.h"
#include "storage/files/file_names.h"
#include "store_bench.h"

namespace sluice::storage {
namespace {

using test::record_of;

const Error kCorrupt{ErrorKind::kCorrupt, "1.seg: bad checksum"};
const Error kUnread{ErrorKind::kIo, "1.seg: input/output error"};

class QuarantineTest : public testing::Test {
protected:
    QuarantineTest() {
        auto written = bench_.machine.run(
            test::write_segment(bench_.machine.reactor(), "/store", 1, 1, test::some_rows(3, 5)));
        SLUICE_CHECK(written.ok());
        record_ = *written;
        std::vector<ManifestEdit> edits;
        append_segment_edits(record_, edits);
        SLUICE_CHECK(bench_.machine.run(bench_.manifest.append(std::move(edits))).ok());
        bench_.segments.add(record_);
    }

    void report(const Error& error, bool unreadable) {
        bench_.quarantine.report(segment(), error, unreadable);
        bench_.pass(kSecondNs);
    }
    SegmentPtr segment() const { return bench_.segments.find(record_); }
    bool is_listed() const { return bench_.manifest.state().segments.contains(1); }
    bool exists(const std::string& path) {
        return bench_.machine.world().disk().find(path) != nullptr;
    }

    test::StoreBench bench_;
    SegmentRecord record_;
    const std::string path_ = segment_path("/store", 1, 1);
};

TEST_F(QuarantineTest, ADamagedPlaceIsSaidAndTheSegmentStays) {
    report(kCorrupt, false);
    ASSERT_NE(segment(), nullptr);
    EXPECT_TRUE(segment()->damaged()) << "merges leave it alone";
    EXPECT_EQ(bench_.quarantine.count(), 0u);
    EXPECT_EQ(bench_.trouble.health().text, "damaged segment: 1.seg: bad checksum");
    EXPECT_TRUE(exists(path_));
}

TEST_F(QuarantineTest, WhatTheDeviceDoesNotGiveBackMayComeBack) {
    report(kUnread, true);
    ASSERT_NE(segment(), nullptr);
    EXPECT_FALSE(segment()->damaged());
    EXPECT_EQ(bench_.trouble.health().text, "unreadable segment: 1.seg: input/output error");
    EXPECT_TRUE(is_listed());
}

TEST_F(QuarantineTest, OneThatCannotBeOpenedLeavesAndIsCounted) {
    report(kCorrupt, true);
    EXPECT_EQ(segment(), nullptr);
    EXPECT_FALSE(is_listed());
    EXPECT_EQ(bench_.quarantine.count(), 1u);
    EXPECT_EQ(bench_.report.quarantined, std::vector<std::string>{path_});
    EXPECT_EQ(bench_.segments.count_lost(1, {0, 10}), 1u) << "answers say that rows are missing";
    EXPECT_FALSE(exists(path_));
    EXPECT_TRUE(exists(quarantine_path(path_)));
}

// Several queries may meet it before it is gone.
TEST_F(QuarantineTest, ItLeavesOnce) {
    const SegmentPtr held = segment();
    for (int i = 0; i < 3; ++i) bench_.quarantine.report(held, kCorrupt, true);
    bench_.pass(kSecondNs);
    bench_.quarantine.report(held, kCorrupt, true);
    bench_.pass(kSecondNs);
    EXPECT_EQ(bench_.quarantine.count(), 1u);
    EXPECT_EQ(bench_.segments.count_lost(1, {0, 10}), 1u);
}

// A merge found it damaged first: it stays, as its other blocks can be read.
TEST_F(QuarantineTest, OneThatWasFoundDamagedBeforeStays) {
    report(kCorrupt, false);
    report(kCorrupt, true);
    EXPECT_NE(segment(), nullptr);
    EXPECT_EQ(bench_.quarantine.count(), 0u);
}

TEST_F(QuarantineTest, AStoreThatStopsSetsNothingAside) {
    bench_.life.stopping = true;
    bench_.quarantine.report(segment(), kCorrupt, true);
    EXPECT_EQ(bench_.quarantine.count(), 0u);
    EXPECT_TRUE(is_listed());
}

// The file keeps its name as long as the manifest lists it, or a start would report a loss.
TEST_F(QuarantineTest, TheNameChangesOnlyWhenTheManifestHasLetGo) {
    bench_.machine.world().faults().write_error = 1;
    report(kCorrupt, true);
    EXPECT_EQ(segment(), nullptr);
    EXPECT_TRUE(is_listed());
    EXPECT_TRUE(exists(path_));
    bench_.machine.world().faults() = {};
    bench_.pass(kSecondNs);
    EXPECT_FALSE(is_listed());
    EXPECT_TRUE(exists(quarantine_path(path_)));
}

TEST_F(QuarantineTest, CountsWhatTheStartSetAside) {
    bench_.quarantine.note_set_aside();
    bench_.quarantine.note_set_aside();
    EXPECT_EQ(bench_.quarantine.count(), 2u);
}

}  // namespace
}  // namespace sluice::storage
