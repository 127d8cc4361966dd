// Log files that wait to be used: made ahead of need, and used again.
#include "storage/wal/wal_file_pool.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim_machine.h"
#include "sluice/base/units.h"
#include "sluice/io/gate.h"
#include "storage/files/file_names.h"
#include "storage/files/store_directories.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t kFileBytes = 64 * kKiB;
const std::string kStore = "/store";

LogFilePoolOptions options_of(std::uint32_t target, std::uint32_t max,
                              std::uint64_t file_bytes = kFileBytes) {
    LogFilePoolOptions options;
    options.store = kStore;
    options.file_bytes = file_bytes;
    options.spare_target = target;
    options.spare_max = max;
    return options;
}

class WalFilePoolTest : public testing::Test {
protected:
    ~WalFilePoolTest() override {
        if (pool_) stop();
    }
    WalFilePool& begin(const LogFilePoolOptions& options) {
        SLUICE_CHECK(machine_.run(make_store_directories(machine_.reactor(), kStore)).ok());
        pool_ = std::make_unique<WalFilePool>(machine_.reactor(), options);
        gate_.spawn(pool_->run());
        return *pool_;
    }
    void stop() {
        machine_.world().faults() = {};
        pool_->stop();
        machine_.run(gate_.close());
        machine_.run(pool_->close());
        pool_.reset();
    }
    void give_back(std::unique_ptr<WalFile> file) {
        std::vector<std::unique_ptr<WalFile>> files;
        files.push_back(std::move(file));
        machine_.run(pool_->give_back(std::move(files)));
    }
    static io::Task<void> sleep(io::Reactor& reactor, std::int64_t duration_ns) {
        co_await reactor.sleep_ns(duration_ns);
    }
    void pass(std::int64_t duration_ns) { machine_.run(sleep(machine_.reactor(), duration_ns)); }
    bool exists(const std::string& path) { return machine_.world().disk().find(path) != nullptr; }

    io::SimMachine machine_;
    io::Gate gate_;
    std::unique_ptr<WalFilePool> pool_;
};

TEST_F(WalFilePoolTest, MakesFilesBeforeAnybodyAsks) {
    WalFilePool& pool = begin(options_of(3, 5));
    pass(kSecondNs);
    EXPECT_EQ(pool.spare_count(), 3u);
    EXPECT_FALSE(pool.trouble());
    for (const std::uint64_t number : {1, 2, 3}) {
        EXPECT_EQ(machine_.world().disk().content(log_path(kStore, number)).size(), kFileBytes);
    }
}

// Around the size that is written at once.
TEST_F(WalFilePoolTest, FilesAreWholeAndZeroAfterAnyCrash) {
    for (const std::uint64_t bytes :
         {kDirectIoAlignment + 0, kMiB - kDirectIoAlignment, kMiB + 0, kMiB + kDirectIoAlignment}) {
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            io::SimMachine machine(seed);
            ASSERT_TRUE(machine.run(make_store_directories(machine.reactor(), kStore)).ok());
            auto pool = std::make_unique<WalFilePool>(machine.reactor(), options_of(1, 1, bytes));
            io::Task<void> running = pool->run();
            machine.run(sleep(machine.reactor(), kSecondNs));
            ASSERT_EQ(pool->spare_count(), 1u);
            const io::SimDisk disk = machine.crash();
            const auto content = disk.content(log_path(kStore, 1));
            ASSERT_EQ(content.size(), bytes);
            ASSERT_TRUE(std::all_of(content.begin(), content.end(),
                                    [](std::byte each) { return each == std::byte{0}; }));
            io::Abandon abandon;
            running = io::Task<void>();
            pool.reset();
        }
    }
}

TEST_F(WalFilePoolTest, GivesTheOldestFirstAndMakesAnother) {
    WalFilePool& pool = begin(options_of(2, 5));
    pass(kSecondNs);
    std::unique_ptr<WalFile> first = pool.try_take();
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->number, 1u);
    pass(kSecondNs);
    EXPECT_EQ(pool.spare_count(), 2u);
    std::unique_ptr<WalFile> second = pool.try_take();
    EXPECT_EQ(second->number, 2u);
    give_back(std::move(first));
    EXPECT_EQ(pool.try_take()->number, 3u) << "what came back is the newest";
    give_back(std::move(second));
}

TEST_F(WalFilePoolTest, NumbersGoOnBehindThoseThatWereSeen) {
    SLUICE_CHECK(machine_.run(make_store_directories(machine_.reactor(), kStore)).ok());
    pool_ = std::make_unique<WalFilePool>(machine_.reactor(), options_of(1, 5));
    pool_->set_next_number(42);
    gate_.spawn(pool_->run());
    pass(kSecondNs);
    const std::unique_ptr<WalFile> taken = pool_->try_take();
    EXPECT_EQ(taken->number, 42u);
    machine_.run(taken->file.close());
}

TEST_F(WalFilePoolTest, WhoFindsNoneWaitsUntilOneIsMade) {
    WalFilePool& pool = begin(options_of(1, 5));
    EXPECT_EQ(pool.try_take(), nullptr);
    auto taken = machine_.run(pool.take());
    ASSERT_TRUE(taken.ok());
    EXPECT_EQ((*taken)->number, 1u);
    give_back(std::move(*taken));
}

TEST_F(WalFilePoolTest, KeepsAsManyAsItMayAndRemovesTheOthers) {
    WalFilePool& pool = begin(options_of(1, 2));
    std::vector<std::unique_ptr<WalFile>> taken;
    for (int i = 0; i < 4; ++i) {
        auto each = machine_.run(pool.take());
        ASSERT_TRUE(each.ok());
        taken.push_back(std::move(*each));
    }
    pass(kSecondNs);
    ASSERT_EQ(pool.spare_count(), 1u);  // number 5
    machine_.run(pool.give_back(std::move(taken)));
    EXPECT_EQ(pool.spare_count(), 2u);
    EXPECT_TRUE(exists(log_path(kStore, 1)));
    for (const std::uint64_t number : {2, 3, 4}) EXPECT_FALSE(exists(log_path(kStore, number)));
}

TEST_F(WalFilePoolTest, AFileThatFailedIsNeverUsedAgain) {
    WalFilePool& pool = begin(options_of(1, 5));
    auto taken = machine_.run(pool.take());
    ASSERT_TRUE(taken.ok());
    (*taken)->failed = true;
    give_back(std::move(*taken));
    EXPECT_FALSE(exists(log_path(kStore, 1)));
    EXPECT_FALSE(exists(quarantine_path(log_path(kStore, 1))));
}

TEST_F(WalFilePoolTest, AFileThatCouldNotBeReadIsKeptUnderAnotherName) {
    WalFilePool& pool = begin(options_of(1, 5));
    auto taken = machine_.run(pool.take());
    ASSERT_TRUE(taken.ok());
    (*taken)->damaged = true;
    give_back(std::move(*taken));
    EXPECT_FALSE(exists(log_path(kStore, 1)));
    EXPECT_TRUE(exists(quarantine_path(log_path(kStore, 1))));
}

// Each operation of making a file fails once: the error is the taker's, nothing is left behind, and
// the next attempt succeeds.
TEST_F(WalFilePoolTest, WhoeverWaitsGetsTheErrorOfTheAttempt) {
    WalFilePool& pool = begin(options_of(1, 5));
    std::size_t recovered = 0;
    pool.on_recovery = [&recovered] { ++recovered; };
    pass(kSecondNs);
    for (std::uint64_t nth = 1; nth <= 5; ++nth) {
        give_back(pool.try_take());
        std::unique_ptr<WalFile> spare = pool.try_take();
        spare->failed = true;
        give_back(std::move(spare));
        pass(kSecondNs);
        std::unique_ptr<WalFile> last = pool.try_take();  // another one is being made now
        machine_.world().faults().nth_operation = nth;
        const auto taken = machine_.run(pool.take());
        ASSERT_FALSE(taken.ok()) << nth;
        EXPECT_EQ(taken.error().kind, ErrorKind::kIo);
        EXPECT_TRUE(pool.trouble());
        pass(kSecondNs);
        EXPECT_FALSE(pool.trouble());
        EXPECT_EQ(pool.spare_count(), 1u);
        EXPECT_EQ(recovered, nth);
        last->failed = true;
        give_back(std::move(last));
    }
    std::size_t files = 0;
    for (const std::string& each : machine_.world().disk().files()) {
        files += each.find(".log") != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(files, 1u) << "what could not be filled was removed";
}

TEST_F(WalFilePoolTest, OnAFullDiskWaitsForSpace) {
    machine_.world().disk().set_capacity_bytes(kFileBytes + kFileBytes / 2);
    WalFilePool& pool = begin(options_of(2, 5));
    pass(kSecondNs);
    EXPECT_EQ(pool.spare_count(), 1u);
    ASSERT_TRUE(pool.trouble());
    EXPECT_EQ(pool.trouble()->kind, ErrorKind::kNoSpace);
    EXPECT_GE(machine_.world().disk().free_bytes(), kFileBytes / 2) << "gave back what it took";
    machine_.world().disk().set_capacity_bytes(4 * kFileBytes);
    pass(300 * kMillisecondNs);
    EXPECT_EQ(pool.spare_count(), 2u);
    EXPECT_FALSE(pool.trouble());
}

// What comes back ends the trouble as well as what is made.
TEST_F(WalFilePoolTest, AFileThatComesBackEndsTheTrouble) {
    WalFilePool& pool = begin(options_of(1, 5));
    pass(kSecondNs);
    std::unique_ptr<WalFile> taken = pool.try_take();
    machine_.world().faults().metadata_error = 1;
    pass(kMillisecondNs * 50);
    ASSERT_TRUE(pool.trouble());
    give_back(std::move(taken));
    EXPECT_FALSE(pool.trouble());
    EXPECT_EQ(pool.spare_count(), 1u);
}

TEST_F(WalFilePoolTest, AfterTheStopNobodyWaits) {
    WalFilePool& pool = begin(options_of(1, 5));
    std::unique_ptr<WalFile> taken = std::move(*machine_.run(pool.take()));
    machine_.world().faults().metadata_error = 1;
    io::Task<Result<std::unique_ptr<WalFile>>> waiting = pool.take();
    pool.stop();
    const auto refused = machine_.run(std::move(waiting));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::kCancelled);
    machine_.world().faults() = {};
    give_back(std::move(taken));
    EXPECT_FALSE(exists(log_path(kStore, 1))) << "the next start makes what it needs";
}

}  // namespace
}  // namespace sluice::storage
