// Reads that are begun before they are needed: each range comes from the file once.
#include "storage/cache/cached_access.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sim_machine.h"
#include "sluice/base/units.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kPages = 16;
constexpr std::uint64_t kSegment = 7;

io::Task<Result<io::File>> make_file(io::Reactor& reactor) {
    SLUICE_CO_TRY(io::File file,
                  co_await io::File::open(reactor, "segment", io::OpenMode::kCreate));
    AlignedBuffer data(kPages * kPage);
    for (std::uint64_t page = 0; page < kPages; ++page) {
        std::memset(data.data() + page * kPage, static_cast<int>(page), kPage);
    }
    SLUICE_CO_TRY_VOID(co_await file.write_at(data.span(), 0));
    co_return file;
}

class CachedAccessTest : public testing::Test {
protected:
    CachedAccessTest()
        : file_(std::move(machine_.run(make_file(machine_.reactor()))).value()),
          cache_(kMiB),
          access_(file_, kSegment, kPages * kPage, cache_, metrics_) {}
    ~CachedAccessTest() override {
        machine_.run(access_.close());
        machine_.run(file_.close());
    }

    std::uint64_t file_operations() { return machine_.world().file_operation_count(); }
    // A hundred bytes in the middle of a page.
    Result<FileBytes> read(std::uint64_t page) {
        return machine_.run(access_.read(page * kPage + 200, 100));
    }
    void read_ahead(std::uint64_t page) { access_.read_ahead(page * kPage + 200, 100); }
    static bool is_page(const FileBytes& read, std::uint64_t page) {
        for (const std::byte byte : read.bytes) {
            if (byte != static_cast<std::byte>(page)) return false;
        }
        return read.bytes.size() == 100;
    }

    io::SimMachine machine_;
    io::File file_;
    BlockCache cache_;
    StoreMetrics metrics_;
    CachedAccess access_;
};

TEST_F(CachedAccessTest, WhatIsReadAheadIsReadOnceAndAtTheSameTime) {
    const std::uint64_t before = file_operations();
    for (std::uint64_t page = 0; page < kPages; ++page) read_ahead(page);
    EXPECT_EQ(machine_.backend().in_flight(), kPages);
    read_ahead(3);
    EXPECT_EQ(machine_.backend().in_flight(), kPages);
    for (std::uint64_t page = 0; page < kPages; ++page) {
        const auto bytes = read(page);
        ASSERT_TRUE(bytes.ok());
        EXPECT_TRUE(is_page(*bytes, page));
    }
    read_ahead(3);
    EXPECT_EQ(file_operations() - before, kPages);
    EXPECT_EQ(metrics_.block_cache_misses.value(), kPages);
    EXPECT_EQ(metrics_.block_cache_hits.value(), kPages);
}

TEST_F(CachedAccessTest, WhoWaitsGetsTheBytesThatTheCacheDoesNotKeep) {
    BlockCache small(1);
    CachedAccess access(file_, kSegment, kPages * kPage, small, metrics_);
    const std::uint64_t before = file_operations();
    access.read_ahead(5 * kPage + 200, 100);
    const auto bytes = machine_.run(access.read(5 * kPage + 200, 100));
    ASSERT_TRUE(bytes.ok());
    EXPECT_TRUE(is_page(*bytes, 5));
    EXPECT_EQ(file_operations() - before, 1u);
    machine_.run(access.close());
}

TEST_F(CachedAccessTest, AFailureIsThatOfWhoNeedsTheBytes) {
    machine_.world().faults().read_error = 1;
    read_ahead(2);
    EXPECT_FALSE(read(2).ok());
    read_ahead(2);
    machine_.world().faults().read_error = 0;
    auto needed = access_.read(2 * kPage + 200, 100);
    const auto bytes = machine_.run(std::move(needed));
    ASSERT_TRUE(bytes.ok());
    EXPECT_TRUE(is_page(*bytes, 2));
}

TEST_F(CachedAccessTest, ClosingWaitsForReadsOnTheirWay) {
    CachedAccess access(file_, kSegment, kPages * kPage, cache_, metrics_);
    access.read_ahead(0, kPage);
    access.read_ahead(kPage, kPage);
    EXPECT_EQ(machine_.backend().in_flight(), 2u);
    machine_.run(access.close());
    EXPECT_EQ(machine_.backend().in_flight(), 0u);
}

}  // namespace
}  // namespace sluice::storage
