// Following the frames of a log file: where it ends, what stands behind, and devices that refuse.
#include "storage/wal/wal_reader.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "sim_machine.h"
#include "sluice/base/units.h"
#include "storage/wal/wal_encoder.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t kStoreId = 7;
constexpr std::uint64_t kHeadId = 3;
constexpr std::uint64_t kLog = 5;
constexpr std::size_t kPage = kDirectIoAlignment;
// The largest payload of a frame of one page.
constexpr std::size_t kPageful = kPage - kWalHeaderBytes;

WalChain chain_of(std::uint64_t head_id = kHeadId) {
    WalChain chain;
    chain.store_id = kStoreId;
    chain.head_id = head_id;
    return chain;
}

// Frames of one use of a file, one behind the other.
class FileBytes {
public:
    // Returns where the frame begins.
    std::size_t add(std::size_t payload_bytes, std::uint32_t durable_frame = 0) {
        WalFrame frame(payload_bytes);
        std::memset(frame.write_place(), static_cast<int>('a' + chain_.next_frame), payload_bytes);
        frame.commit(frame.write_place() + payload_bytes);
        WalFrameHeader header;
        header.head_id = chain_.head_id;
        header.store_id = chain_.store_id;
        header.log_number = log_number;
        header.frame_number = chain_.next_frame;
        header.previous_hash = chain_.previous_hash;
        header.durable_frame = durable_frame;
        const ByteSpan sealed = frame.seal(header);
        const std::size_t at = bytes.size();
        bytes.insert(bytes.end(), sealed.begin(), sealed.end());
        chain_.advance(header);
        return at;
    }
    void pad_to(std::size_t size) { bytes.resize(size); }

    std::uint64_t log_number = kLog;
    std::vector<std::byte> bytes;

private:
    WalChain chain_ = chain_of();
};

class WalReaderTest : public testing::Test {
protected:
    ~WalReaderTest() override {
        machine_.world().faults() = {};
        if (file_.is_open()) machine_.run(file_.close());
    }
    WalReader& open(const std::vector<std::byte>& bytes) {
        machine_.world().disk().overwrite("log", bytes);
        auto opened = machine_.run(io::File::open(machine_.reactor(), "log", io::OpenMode::kRead));
        SLUICE_CHECK(opened.ok());
        if (file_.is_open()) machine_.run(file_.close());
        file_ = std::move(*opened);
        reader_ = std::make_unique<WalReader>(file_, bytes.size());
        return *reader_;
    }
    WalStep next(WalChain& chain) {
        auto step = machine_.run(reader_->next(kLog, chain, view_));
        SLUICE_CHECK(step.ok());
        return *step;
    }
    // The number of frames until the chain ends, and how it does.
    std::pair<int, WalStep> follow(WalChain& chain) {
        for (int frames = 0;; ++frames) {
            const WalStep step = next(chain);
            if (step != WalStep::kFrame) return {frames, step};
        }
    }
    WalHeaderState first(const std::vector<std::byte>& bytes) {
        open(bytes);
        WalFrameHeader header;
        auto state = machine_.run(reader_->read_first(header));
        SLUICE_CHECK(state.ok());
        return *state;
    }
    // The number and log of the frame that find_first() finds, or 0.
    std::pair<std::uint64_t, std::uint64_t> found(const std::vector<std::byte>& bytes,
                                                  std::uint64_t store_id = kStoreId) {
        open(bytes);
        auto found = machine_.run(reader_->find_first(store_id));
        SLUICE_CHECK(found.ok());
        if (!*found) return {0, 0};
        return {(*found)->frame_number, (*found)->log_number};
    }
    io::SimFaults& faults() { return machine_.world().faults(); }

    io::SimMachine machine_;
    io::File file_;
    std::unique_ptr<WalReader> reader_;
    WalFrameView view_;
};

using Found = std::pair<int, WalStep>;

TEST_F(WalReaderTest, FramesOfEverySizeAreReadWhole) {
    FileBytes log;
    const std::vector<std::size_t> sizes = {
        0, 1, kPageful - 1, kPageful, kPageful + 1, kMiB - kWalHeaderBytes, kMiB, 1};
    for (const std::size_t each : sizes) log.add(each);
    log.pad_to(4 * kMiB);
    open(log.bytes);
    WalChain chain = chain_of();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        ASSERT_EQ(next(chain), WalStep::kFrame) << i;
        ASSERT_EQ(view_.payload.size(), sizes[i]);
        ASSERT_EQ(view_.header.frame_number, i + 1);
        for (const std::byte each : view_.payload) {
            ASSERT_EQ(each, static_cast<std::byte>('a' + i + 1));
        }
    }
    EXPECT_EQ(next(chain), WalStep::kEnd);
    EXPECT_EQ(next(chain), WalStep::kEnd) << "asked again, it says the same";
}

TEST_F(WalReaderTest, OfAFileThatIsFullEndsWithIt) {
    FileBytes log;
    for (int i = 0; i < 4; ++i) log.add(100);
    open(log.bytes);
    WalChain chain = chain_of();
    EXPECT_EQ(follow(chain), Found(4, WalStep::kEnd));
}

TEST_F(WalReaderTest, OfNothingIsEmpty) {
    EXPECT_EQ(first({}), WalHeaderState::kEmpty);
    EXPECT_EQ(first(std::vector<std::byte>(kPage - 1)), WalHeaderState::kEmpty);
    EXPECT_EQ(first(std::vector<std::byte>(kPage)), WalHeaderState::kEmpty);
    EXPECT_EQ(first(std::vector<std::byte>(kMiB)), WalHeaderState::kEmpty);
    WalChain chain = chain_of();
    EXPECT_EQ(follow(chain), Found(0, WalStep::kEnd));
}

TEST_F(WalReaderTest, SaysWhatAFileBeginsWith) {
    FileBytes log;
    log.add(2 * kPage);
    log.pad_to(kMiB);
    EXPECT_EQ(first(log.bytes), WalHeaderState::kIntact);
    std::vector<std::byte> damaged = log.bytes;
    damaged[20] ^= std::byte{1};
    EXPECT_EQ(first(damaged), WalHeaderState::kDamaged);
    // The first sector is lost and reads as zeroes; the rest of the frame is there.
    std::vector<std::byte> headless = log.bytes;
    std::fill(headless.begin(), headless.begin() + 512, std::byte{0});
    EXPECT_EQ(first(headless), WalHeaderState::kDamaged);
    // What stands far behind is of an earlier use that nobody needs.
    std::vector<std::byte> later(kMiB);
    later[64 * kKiB] = std::byte{1};
    EXPECT_EQ(first(later), WalHeaderState::kEmpty);
    later[64 * kKiB - 1] = std::byte{1};
    EXPECT_EQ(first(later), WalHeaderState::kDamaged);
}

TEST_F(WalReaderTest, AFrameThatWasCutShortIsTold) {
    FileBytes log;
    log.add(100);
    const std::size_t last = log.add(3 * kPage);
    log.pad_to(kMiB);
    std::vector<std::byte> torn = log.bytes;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(last + 2 * kPage),
              torn.begin() + static_cast<std::ptrdiff_t>(last + 3 * kPage), std::byte{0});
    open(torn);
    WalChain chain = chain_of();
    EXPECT_EQ(follow(chain), Found(1, WalStep::kTorn));
    EXPECT_EQ(chain.next_frame, 2u) << "the chain stands before it";
    // Its header says that it would reach beyond the file.
    std::vector<std::byte> cut = log.bytes;
    cut.resize(last + 2 * kPage);
    open(cut);
    chain = chain_of();
    EXPECT_EQ(follow(chain), Found(1, WalStep::kTorn));
}

TEST_F(WalReaderTest, FramesOfOthersEndTheChain) {
    FileBytes log;
    log.add(100);
    log.add(100);
    log.pad_to(kMiB);
    open(log.bytes);
    WalChain other_head = chain_of(kHeadId + 1);
    EXPECT_EQ(follow(other_head), Found(0, WalStep::kEnd));
    WalChain other_store = chain_of();
    other_store.store_id = kStoreId + 1;
    EXPECT_EQ(follow(other_store), Found(0, WalStep::kEnd));
    WalChain further = chain_of();
    further.next_frame = 2;
    EXPECT_EQ(follow(further), Found(0, WalStep::kEnd)) << "the frame here has another number";
    WalChain other_before = chain_of();
    other_before.previous_hash = 1;
    EXPECT_EQ(follow(other_before), Found(0, WalStep::kEnd));
    auto other_use = machine_.run(reader_->next(kLog + 1, other_before, view_));
    EXPECT_EQ(*other_use, WalStep::kEnd);
    WalChain right = chain_of();
    EXPECT_EQ(follow(right), Found(2, WalStep::kEnd));
}

TEST_F(WalReaderTest, WithoutTheFirstFrameTheOthersSayWhatItWas) {
    FileBytes log;
    log.add(100);
    const std::size_t second = log.add(100);
    log.add(100);
    log.pad_to(kMiB);
    EXPECT_EQ(found(log.bytes), std::pair(std::uint64_t{1}, kLog));
    std::vector<std::byte> damaged = log.bytes;
    damaged[20] ^= std::byte{1};
    EXPECT_EQ(found(damaged), std::pair(std::uint64_t{2}, kLog));
    damaged[second + kWalHeaderBytes] ^= std::byte{1};  // of the payload: it is not whole
    EXPECT_EQ(found(damaged), std::pair(std::uint64_t{3}, kLog));
    EXPECT_EQ(found(damaged, kStoreId + 1), std::pair(std::uint64_t{0}, std::uint64_t{0}));
    EXPECT_EQ(found(damaged, 0), std::pair(std::uint64_t{3}, kLog)) << "of any store";
    EXPECT_EQ(found(std::vector<std::byte>(kMiB)), std::pair(std::uint64_t{0}, std::uint64_t{0}));
}

// A file is used again from its beginning: what stands behind is older.
TEST_F(WalReaderTest, TheNewestUseOfAFileCounts) {
    FileBytes older;
    older.log_number = 2;
    for (int i = 0; i < 4; ++i) older.add(100);
    FileBytes newer;
    newer.add(100);
    newer.add(100);
    std::copy(newer.bytes.begin(), newer.bytes.end(), older.bytes.begin());
    EXPECT_EQ(found(older.bytes), std::pair(std::uint64_t{1}, kLog));
    older.bytes[20] ^= std::byte{1};
    EXPECT_EQ(found(older.bytes), std::pair(std::uint64_t{2}, kLog));
    older.bytes[kPage + 20] ^= std::byte{1};
    EXPECT_EQ(found(older.bytes), std::pair(std::uint64_t{3}, std::uint64_t{2}));
}

TEST_F(WalReaderTest, BehindADamagedFrameTheNextWholeOneIsFound) {
    FileBytes log;
    log.add(100);
    const std::size_t second = log.add(100);
    const std::size_t third = log.add(100, 2);
    log.add(100, 3);
    log.pad_to(kMiB);
    log.bytes[second + kWalHeaderBytes] ^= std::byte{1};
    open(log.bytes);
    WalChain chain = chain_of();
    EXPECT_EQ(follow(chain), Found(1, WalStep::kTorn));
    const auto behind = machine_.run(reader_->look_behind(kLog, chain));
    ASSERT_TRUE(behind.ok());
    ASSERT_TRUE(behind->next);
    EXPECT_EQ(behind->next->frame_number, 3u);
    EXPECT_EQ(behind->offset, third);
    EXPECT_EQ(behind->acknowledged, 3u) << "the fourth says so";
    reader_->skip_to(*behind, chain);
    EXPECT_EQ(follow(chain), Found(2, WalStep::kEnd));
    EXPECT_EQ(chain.next_frame, 5u);
}

TEST_F(WalReaderTest, BehindTheEndIsNothing) {
    FileBytes log;
    log.add(100);
    log.pad_to(kMiB);
    open(log.bytes);
    WalChain chain = chain_of();
    follow(chain);
    const auto behind = machine_.run(reader_->look_behind(kLog, chain));
    ASSERT_TRUE(behind.ok());
    EXPECT_FALSE(behind->next);
    EXPECT_EQ(behind->acknowledged, 0u);
}

// No more than two writes are in flight, so frame n says that n - 2 was acknowledged.
TEST(WalFrameHeader, SaysWhatHadBeenAcknowledged) {
    struct Case {
        std::uint64_t frame;
        std::uint32_t durable;
        std::uint64_t acknowledged;
    };
    for (const Case& each :
         {Case{1, 0, 0}, {2, 0, 0}, {3, 0, 1}, {3, 1, 1}, {3, 2, 2}, {10, 0, 8}, {10, 9, 9}}) {
        WalFrameHeader header;
        header.frame_number = each.frame;
        header.durable_frame = each.durable;
        EXPECT_EQ(header.acknowledged_frame(), each.acknowledged) << each.frame;
    }
}

TEST(WalFrameHeader, IsEmptyDamagedOrOfANewerVersion) {
    std::byte bytes[kWalHeaderBytes] = {};
    WalFrameHeader header;
    EXPECT_EQ(decode_wal_header(bytes, header), WalHeaderState::kEmpty);
    header.frame_number = 5;
    encode_wal_header(header, bytes);
    WalFrameHeader again;
    EXPECT_EQ(decode_wal_header(bytes, again), WalHeaderState::kIntact);
    EXPECT_EQ(again.frame_number, 5u);
    EXPECT_EQ(again.hash(), header.hash());
    for (std::size_t bit = 0; bit < kWalHeaderBytes * 8; ++bit) {
        bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
        ASSERT_EQ(decode_wal_header(bytes, again), WalHeaderState::kDamaged) << bit;
        bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    }
}

TEST_F(WalReaderTest, AReadThatFailsOnceIsTriedAgain) {
    FileBytes log;
    for (int i = 0; i < 10; ++i) log.add(100);
    log.pad_to(64 * kPage);
    open(log.bytes);
    faults().nth_operation = 1;
    WalChain chain = chain_of();
    EXPECT_EQ(follow(chain), Found(10, WalStep::kEnd));
    EXPECT_EQ(reader_->unreadable_sectors(), 0u);
}

TEST_F(WalReaderTest, SectorsThatAreNotGivenBackReadAsZeroes) {
    FileBytes log;
    log.add(100);
    log.pad_to(64 * kPage);
    open(log.bytes);
    faults().read_error = 1;
    WalChain chain = chain_of();
    EXPECT_EQ(follow(chain), Found(0, WalStep::kEnd));
    EXPECT_EQ(reader_->unreadable_sectors(), 1u);
}

TEST_F(WalReaderTest, ADeviceThatGivesNothingBackIsAskedNoMore) {
    for (const std::size_t pages : {63, 64, 65}) {
        open(std::vector<std::byte>(pages * kPage));
        faults().read_error = 1;
        const auto found = machine_.run(reader_->find_first(0));
        faults() = {};
        EXPECT_EQ(found.ok(), pages <= 64) << pages;
        EXPECT_EQ(reader_->unreadable_sectors(), pages) << pages;
    }
}

TEST_F(WalReaderTest, WhatThisProcessLacksIsAnError) {
    FileBytes log;
    log.add(100);
    open(log.bytes);
    faults().nth_errno = ENOMEM;
    WalChain chain = chain_of();
    io::Task<Result<WalStep>> reading = reader_->next(kLog, chain, view_);
    while (!reading.done()) {
        faults().nth_operation = 1;
        machine_.reactor().turn(io::Reactor::Wait::kAllowed);
    }
    const auto step = reading.take();
    ASSERT_FALSE(step.ok());
    EXPECT_EQ(step.error().os_error, ENOMEM);
}

}  // namespace
}  // namespace sluice::storage
