// An opening: what it finds, what it brings back, what it removes, and what it says.
#include "storage/store/recovery.h"

#include <gtest/gtest.h>

#include "sluice/base/crc32c.h"
#include "store/life_bench.h"

namespace sluice::storage {
namespace {

using Times = std::set<model::Timestamp>;
using Names = std::vector<std::string>;

class RecoveryTest : public testing::Test {
protected:
    test::LifeBench bench_;
};

TEST_F(RecoveryTest, OfNothingMakesAStore) {
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.report().log_files, 0u);
    EXPECT_EQ(bench_.report().rows, 0u);
    EXPECT_EQ(bench_.health(), "");
    EXPECT_TRUE(bench_.head_times().empty());
    EXPECT_EQ(bench_.files("MANIFEST").size(), 2u);
}

TEST_F(RecoveryTest, OfAnEmptyStoreFindsNothing) {
    ASSERT_TRUE(bench_.open());
    bench_.stop();
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.report().rows, 0u);
    EXPECT_EQ(bench_.health(), "");
    EXPECT_EQ(bench_.parts().manifest().state().incarnation, 2u);
}

TEST_F(RecoveryTest, BringsBackWhatALogHasAfterAnyCrash) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        test::LifeBench bench;
        ASSERT_TRUE(bench.open());
        for (const model::Timestamp time : {1, 2, 3}) ASSERT_TRUE(bench.write(time));
        bench.crash(seed);
        ASSERT_TRUE(bench.open());
        EXPECT_EQ(bench.head_times(), (Times{1, 2, 3})) << seed;
        EXPECT_EQ(bench.report().rows, 3u);
        EXPECT_EQ(bench.report().frames, 3u);
        EXPECT_EQ(bench.report().log_files, 1u);
        EXPECT_EQ(bench.health(), "") << seed;
    }
}

TEST_F(RecoveryTest, BringsBackWhatSeveralLogsHave) {
    ASSERT_TRUE(bench_.open());
    Times expected;
    for (model::Timestamp time = 0; time < 40; ++time) {  // sixteen pages a file
        ASSERT_TRUE(bench_.write(time));
        expected.insert(time);
    }
    bench_.crash();
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.head_times(), expected);
    EXPECT_EQ(bench_.report().log_files, 3u);
    EXPECT_EQ(bench_.health(), "");
}

// What a crash follows upon a crash before anything was flushed.
TEST_F(RecoveryTest, ManyLivesInARowLoseNothing) {
    Times expected;
    for (std::uint64_t life = 0; life < 8; ++life) {
        ASSERT_TRUE(bench_.open());
        // A head that was replayed may have been flushed before the power failed.
        ASSERT_EQ(bench_.head_times().size() + bench_.segment_rows(), expected.size()) << life;
        const auto time = static_cast<model::Timestamp>(life);
        ASSERT_TRUE(bench_.write(time));
        expected.insert(time);
        bench_.crash(life);
    }
}

TEST_F(RecoveryTest, WhatIsInSegmentsIsNotReplayed) {
    ASSERT_TRUE(bench_.open());
    ASSERT_TRUE(bench_.write(1));
    ASSERT_TRUE(bench_.flush());
    ASSERT_TRUE(bench_.write(2));
    bench_.crash();
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.head_times(), Times{2});
    EXPECT_EQ(bench_.segment_rows(), 1u);
    EXPECT_EQ(bench_.report().rows, 1u);
}

TEST_F(RecoveryTest, SequencesAndHeadsGoOnBehindWhatWasSeen) {
    ASSERT_TRUE(bench_.open());
    for (const model::Timestamp time : {1, 2}) ASSERT_TRUE(bench_.write(time));
    const std::uint64_t head = bench_.parts().heads().active()->head->id();
    bench_.crash();
    ASSERT_TRUE(bench_.open());
    EXPECT_GT(bench_.parts().heads().active()->head->id(), head);
    EXPECT_EQ(bench_.parts().options().sequences->take(), 3u);
}

TEST_F(RecoveryTest, AReplayedHeadIsFlushedAndItsLogsAreFree) {
    ASSERT_TRUE(bench_.open());
    ASSERT_TRUE(bench_.write(1));
    bench_.crash();
    ASSERT_TRUE(bench_.open());
    ASSERT_EQ(bench_.parts().heads().frozen().size(), 1u);
    ASSERT_TRUE(bench_.flush());
    EXPECT_EQ(bench_.segment_rows(), 1u);
    EXPECT_TRUE(bench_.parts().heads().frozen().empty());
    bench_.crash();
    ASSERT_TRUE(bench_.open());
    EXPECT_TRUE(bench_.head_times().empty());
    EXPECT_EQ(bench_.segment_rows(), 1u);
    EXPECT_EQ(bench_.health(), "");
}

TEST_F(RecoveryTest, ADroppedGroupDoesNotComeBackWithALog) {
    ASSERT_TRUE(bench_.open());
    ASSERT_TRUE(bench_.write(1, 1));
    ASSERT_TRUE(bench_.write(2, 2));
    std::vector<model::ShardGroupId> groups = {1};
    ASSERT_TRUE(bench_.machine().run(bench_.parts().drop_shard_groups(std::move(groups))).ok());
    bench_.crash();
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.head_times(), Times{2});
    EXPECT_TRUE(bench_.parts().groups().is_dropped(1)) << "a log still speaks of it";
    ASSERT_TRUE(bench_.flush());
    bench_.stop();
    ASSERT_TRUE(bench_.open());
    EXPECT_FALSE(bench_.parts().groups().is_dropped(1)) << "no log does any more";
}

// The last frame was cut short by the crash: normal, and nothing was promised.
TEST_F(RecoveryTest, ATornTailIsNoDamage) {
    ASSERT_TRUE(bench_.open());
    ASSERT_TRUE(bench_.write(1));
    ASSERT_TRUE(bench_.write(2));
    bench_.crash();
    const std::string log = "store/wal/1.log";
    bench_.disk().flip_bit(log, (kDirectIoAlignment + kWalHeaderBytes) * 8);
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.head_times(), Times{1});
    EXPECT_EQ(bench_.report().torn_tails, 1u);
    EXPECT_EQ(bench_.report().frames_lost, 0u);
    EXPECT_EQ(bench_.health(), "");
}

// A frame that others follow was acknowledged: its loss is said, and the file is kept.
TEST_F(RecoveryTest, ADamagedFrameIsSaidAndTheOthersCount) {
    ASSERT_TRUE(bench_.open());
    for (const model::Timestamp time : {1, 2, 3, 4}) ASSERT_TRUE(bench_.write(time));
    bench_.stop();
    const std::string log = "store/wal/1.log";
    bench_.disk().flip_bit(log, (kDirectIoAlignment + kWalHeaderBytes) * 8);
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.head_times(), (Times{1, 3, 4}));
    EXPECT_EQ(bench_.report().frames_lost, 1u);
    EXPECT_TRUE(bench_.health().starts_with("damaged log: /store/wal/1.log")) << bench_.health();
    EXPECT_EQ(bench_.report().quarantined, Names{"/store/wal/1.log"});
    // Its rows go to segments, and the file gets another name.
    ASSERT_TRUE(bench_.flush());
    bench_.pass(kSecondNs);
    EXPECT_EQ(bench_.segment_rows(), 3u);
    EXPECT_EQ(bench_.files("1.log.damaged").size(), 1u);
    bench_.stop();
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.health(), "set aside earlier: /store/wal/1.log.damaged");
}

// The stop said up to where the log was durable, so its end does not pass for a torn tail, however
// much of it is damaged.
TEST_F(RecoveryTest, AfterAnOrderlyStopADamagedEndIsSaid) {
    for (const model::Timestamp damaged_from : {1, 2, 3}) {
        test::LifeBench bench;
        ASSERT_TRUE(bench.open());
        for (const model::Timestamp time : {1, 2, 3}) ASSERT_TRUE(bench.write(time));
        bench.pass(kSecondNs);
        bench.stop();
        // Frame 4 is the empty one that ends the log.
        for (auto frame = static_cast<std::uint64_t>(damaged_from); frame <= 4; ++frame) {
            bench.disk().flip_bit("store/wal/1.log", (frame - 1) * kDirectIoAlignment * 8);
        }
        ASSERT_TRUE(bench.open());
        if (damaged_from == 1) {
            EXPECT_TRUE(bench.health().starts_with("missing log")) << bench.health();
            continue;
        }
        EXPECT_EQ(bench.report().rows, static_cast<std::uint64_t>(damaged_from) - 1);
        EXPECT_EQ(bench.report().frames_lost, 4u - static_cast<std::uint64_t>(damaged_from));
        EXPECT_TRUE(bench.health().starts_with("damaged log")) << bench.health();
    }
}

// The empty frame alone holds nothing.
TEST_F(RecoveryTest, ADamagedEndThatHeldNothingIsNoLoss) {
    ASSERT_TRUE(bench_.open());
    for (const model::Timestamp time : {1, 2, 3}) ASSERT_TRUE(bench_.write(time));
    bench_.stop();
    bench_.disk().flip_bit("store/wal/1.log", 3 * kDirectIoAlignment * 8);
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.head_times(), (Times{1, 2, 3}));
    EXPECT_EQ(bench_.health(), "");
}

TEST_F(RecoveryTest, ALogThatMustExistAndDoesNotIsSaid) {
    ASSERT_TRUE(bench_.open());
    ASSERT_TRUE(bench_.write(1));
    bench_.pass(kSecondNs);
    bench_.crash();
    bench_.disk().erase("store/wal/1.log");
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.report().logs_missing, 1u);
    EXPECT_NE(bench_.health().find("missing log: number 1"), std::string::npos) << bench_.health();
}

TEST_F(RecoveryTest, ASegmentThatMustExistAndDoesNotIsSaid) {
    ASSERT_TRUE(bench_.open());
    ASSERT_TRUE(bench_.write(1));
    ASSERT_TRUE(bench_.flush());
    bench_.stop();
    ASSERT_EQ(bench_.files(".seg").size(), 1u);
    bench_.disk().erase(bench_.files(".seg").front());
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.segment_rows(), 0u);
    EXPECT_TRUE(bench_.health().starts_with("missing segment: ")) << bench_.health();
    EXPECT_EQ(bench_.parts().segments().count_lost(1, {0, 10}), 1u);
    EXPECT_EQ(bench_.parts().quarantine().count(), 1u);
}

TEST_F(RecoveryTest, WithoutAManifestTheSegmentsTell) {
    ASSERT_TRUE(bench_.open());
    for (const model::Timestamp time : {1, 2}) {
        ASSERT_TRUE(bench_.write(time));
        ASSERT_TRUE(bench_.flush());
    }
    ASSERT_TRUE(bench_.write(3));
    bench_.stop();
    for (const std::string& each : bench_.files("MANIFEST")) bench_.disk().erase(each);
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.segment_rows(), 2u);
    EXPECT_EQ(bench_.report().segments_adopted, 2u);
    EXPECT_TRUE(bench_.head_times().contains(3));
    EXPECT_EQ(bench_.health(), "the manifest was lost and made again from the segments");
    bench_.stop();
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.segment_rows(), 2u);
    EXPECT_EQ(bench_.health(), "");
}

// A merge that the manifest had recorded: without it, inputs that were not yet removed do not serve
// beside what was made of them.
TEST_F(RecoveryTest, WithoutAManifestWhatWasMergedDoesNotCountTwice) {
    ASSERT_TRUE(bench_.open());
    for (const model::Timestamp time : {1, 2}) {
        ASSERT_TRUE(bench_.write(time));
        ASSERT_TRUE(bench_.flush());
    }
    std::vector<std::pair<std::string, std::vector<std::byte>>> inputs;
    for (const std::string& each : bench_.files(".seg")) {
        inputs.emplace_back(each, bench_.disk().content(each));
    }
    ASSERT_EQ(inputs.size(), 2u);
    ASSERT_TRUE(bench_.compact());
    bench_.stop();
    for (const auto& [path, bytes] : inputs) bench_.disk().overwrite(path, bytes);
    for (const std::string& each : bench_.files("MANIFEST")) bench_.disk().erase(each);
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.segment_rows(), 2u) << "those of the merged one";
    EXPECT_EQ(bench_.files(".unlisted").size(), 2u) << "the others keep their bytes";
}

TEST_F(RecoveryTest, LeftoversOfUnfinishedWorkGo) {
    ASSERT_TRUE(bench_.open());
    ASSERT_TRUE(bench_.write(1));
    ASSERT_TRUE(bench_.flush());
    bench_.stop();
    bench_.disk().overwrite("store/shards/1/77.seg", std::vector<std::byte>(8192));
    bench_.disk().overwrite("store/wal/88.log", std::vector<std::byte>(4096));
    ASSERT_TRUE(bench_.open());
    EXPECT_TRUE(bench_.files("77.seg").empty());
    EXPECT_TRUE(bench_.files("88.log").empty()) << "of another size than a log";
    EXPECT_EQ(bench_.report().files_removed, 2u);
    EXPECT_GE(bench_.parts().manifest().take_segment_id(), 78u);
    EXPECT_EQ(bench_.health(), "");
}

TEST_F(RecoveryTest, WhatIsNotOursIsLeftAlone) {
    ASSERT_TRUE(bench_.open());
    bench_.stop();
    const Names odd = {"store/README", "store/wal/notes.txt", "store/shards/what",
                       "store/shards/1/7.segment"};
    ASSERT_EQ(bench_.disk().make_directory("store/shards/1"), 0);
    for (const std::string& each : odd) {
        bench_.disk().overwrite(each, std::vector<std::byte>(10));
    }
    ASSERT_TRUE(bench_.open());
    for (const std::string& each : odd) EXPECT_NE(bench_.disk().find(each), nullptr) << each;
    EXPECT_EQ(bench_.health(), "");
}

TEST_F(RecoveryTest, OfANewerVersionTouchesNothing) {
    ASSERT_TRUE(bench_.open());
    ASSERT_TRUE(bench_.write(1));
    bench_.stop();
    // The version of the first frame, with its checksum.
    const std::string log = "store/wal/1.log";
    std::vector<std::byte> bytes = bench_.disk().content(log);
    store_le(bytes.data() + 4, static_cast<std::uint16_t>(kWalVersion + 1));
    store_le(bytes.data() + 60, crc32c(ByteSpan(bytes).first(kWalHeaderBytes - 4)));
    bench_.disk().overwrite(log, bytes);
    EXPECT_FALSE(bench_.open());
    ASSERT_TRUE(bench_.error());
    EXPECT_EQ(bench_.error()->kind, ErrorKind::kUnsupported);
    EXPECT_EQ(bench_.disk().content(log), bytes);
}

TEST_F(RecoveryTest, WhatThisProcessLacksEndsTheStart) {
    ASSERT_TRUE(bench_.open());
    ASSERT_TRUE(bench_.write(1));
    bench_.stop();
    const Names before = bench_.disk().files();
    bench_.machine().world().faults().metadata_error = 1;
    EXPECT_FALSE(bench_.open());
    bench_.machine().world().faults() = {};
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.head_times(), Times{1});
}

// A new store on a disk without room answers reads, and is made when there is room.
TEST_F(RecoveryTest, ANewStoreWithoutRoomWaitsForIt) {
    bench_.disk().set_capacity_bytes(0);
    ASSERT_TRUE(bench_.open());
    EXPECT_FALSE(bench_.write(1));
    EXPECT_NE(bench_.health().find("the manifest waits"), std::string::npos) << bench_.health();
    bench_.disk().set_capacity_bytes(10 * kMiB);
    bench_.pass(2 * kSecondNs);
    EXPECT_TRUE(bench_.write(1)) << bench_.health();
}

// Each operation of an opening fails once: it opens all the same, with everything, or not at all.
TEST_F(RecoveryTest, OneFailureDuringAStartLosesNothing) {
    ASSERT_TRUE(bench_.open());
    ASSERT_TRUE(bench_.write(1));
    ASSERT_TRUE(bench_.flush());
    ASSERT_TRUE(bench_.write(2));
    bench_.stop();
    std::size_t refused = 0;
    for (std::uint64_t nth = 1; nth < 40; ++nth) {
        bench_.machine().world().faults().nth_operation = nth;
        if (!bench_.open()) {
            ++refused;
            continue;
        }
        EXPECT_EQ(bench_.segment_rows() + bench_.head_times().size(), 2u) << nth;
        bench_.stop();
    }
    bench_.machine().world().faults() = {};
    ASSERT_TRUE(bench_.open());
    EXPECT_EQ(bench_.segment_rows(), 1u);
    EXPECT_EQ(bench_.head_times(), Times{2});
    EXPECT_LT(refused, 20u) << "the device is asked again for what is read";
}

}  // namespace
}  // namespace sluice::storage
