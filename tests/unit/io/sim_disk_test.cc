// The simulated disk keeps what it promised through any crash, and nothing else with certainty.
#include "sim_disk.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "sim_machine.h"
#include "sluice/base/aligned_buffer.h"
#include "sluice/io/file.h"

namespace sluice::io {
namespace {

constexpr std::size_t kBlock = 4096;

AlignedBuffer filled(std::size_t size, unsigned char value) {
    AlignedBuffer buffer(size);
    std::memset(buffer.data(), value, buffer.size());
    return buffer;
}

enum class Step { kWrite, kWriteDurable, kSync, kSyncDirectory };

Task<Result<void>> write_file(Reactor& reactor, std::string path, std::vector<Step> steps,
                              std::size_t blocks, unsigned char value) {
    SLUICE_CO_TRY(File file, co_await File::open(reactor, path, OpenMode::kCreate));
    AlignedBuffer data = filled(blocks * kBlock, value);
    for (const Step step : steps) {
        Result<void> result;
        if (step == Step::kWrite) result = co_await file.write_at(data.span(), 0);
        if (step == Step::kWriteDurable) result = co_await file.write_durable_at(data.span(), 0);
        if (step == Step::kSync) result = co_await file.sync();
        if (step == Step::kSyncDirectory) result = co_await sync_directory(reactor, "/");
        SLUICE_CO_TRY_VOID(std::move(result));
    }
    co_await file.close();
    co_return Result<void>();
}

TEST(SimDisk, KeepsWhatWasSyncedThroughEveryCrash) {
    const std::vector<std::vector<Step>> ways = {
        {Step::kWrite, Step::kSync, Step::kSyncDirectory},
        {Step::kSyncDirectory, Step::kWrite, Step::kSync},
        {Step::kSyncDirectory, Step::kWriteDurable},
        {Step::kWriteDurable, Step::kSyncDirectory},
    };
    const AlignedBuffer expected = filled(4 * kBlock, 7);
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        SimMachine machine(seed);
        ASSERT_TRUE(machine.run(write_file(machine.reactor(), "a", ways[seed % 4], 4, 7)).ok());
        const SimDisk disk = machine.crash();
        const auto content = disk.content("a");
        ASSERT_EQ(content.size(), expected.size()) << "seed " << seed;
        EXPECT_EQ(std::memcmp(content.data(), expected.data(), expected.size()), 0)
            << "seed " << seed;
    }
}

TEST(SimDisk, MayLoseTearAndKeepWhatWasNotSynced) {
    unsigned absent = 0, lost = 0, torn = 0, kept = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        SimMachine machine(seed);
        ASSERT_TRUE(machine.run(write_file(machine.reactor(), "a", {Step::kWrite}, 4, 7)).ok());
        const SimDisk disk = machine.crash();
        if (disk.find("a") == nullptr) {
            ++absent;
            continue;
        }
        std::size_t sectors = 0;
        const auto content = disk.content("a");
        for (std::size_t at = 0; at < content.size(); at += kSectorBytes) {
            const auto byte = static_cast<unsigned char>(content[at]);
            ASSERT_TRUE(byte == 0 || byte == 7);
            for (std::size_t i = 0; i < kSectorBytes; ++i) {
                ASSERT_EQ(static_cast<unsigned char>(content[at + i]), byte) << "torn sector";
            }
            sectors += byte == 7;
        }
        (sectors == 0 ? lost : sectors == 32 ? kept : torn) += 1;
    }
    EXPECT_GT(absent, 100u);
    EXPECT_GT(lost, 10u);
    EXPECT_GT(torn, 10u);
    EXPECT_GT(kept, 10u);
}

TEST(SimDisk, NeedsTheDirectorySyncedForANameToStay) {
    unsigned gone = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        SimMachine machine(seed);
        ASSERT_TRUE(
            machine.run(write_file(machine.reactor(), "a", {Step::kWriteDurable}, 1, 7)).ok());
        gone += machine.crash().find("a") == nullptr;
    }
    EXPECT_GT(gone, 20u);
    EXPECT_LT(gone, 80u);
}

Task<Result<void>> replace_file(Reactor& reactor) {
    const std::vector<Step> durably = {Step::kWriteDurable, Step::kSyncDirectory};
    SLUICE_CO_TRY_VOID(co_await write_file(reactor, "a", durably, 1, 1));
    SLUICE_CO_TRY_VOID(co_await write_file(reactor, "b", durably, 1, 2));
    co_return co_await rename_file(reactor, "b", "a");
}

TEST(SimDisk, RenamesWhollyOrNotAtAll) {
    std::set<std::string> outcomes;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        SimMachine machine(seed);
        ASSERT_TRUE(machine.run(replace_file(machine.reactor())).ok());
        const SimDisk disk = machine.crash();
        std::string outcome;
        for (const std::string& path : disk.files()) {
            outcome += path + "=" + std::to_string(static_cast<int>(disk.content(path)[0])) + " ";
        }
        outcomes.insert(outcome);
    }
    EXPECT_EQ(outcomes, (std::set<std::string>{"a=1 b=2 ", "a=2 "}));
}

Task<Result<void>> overwrite_in_place(Reactor& reactor, bool durable_last) {
    SLUICE_CO_TRY(File file, co_await File::open(reactor, "a", OpenMode::kCreate));
    SLUICE_CO_TRY_VOID(co_await sync_directory(reactor, "."));
    const AlignedBuffer one = filled(2 * kBlock, 1);
    const AlignedBuffer two = filled(2 * kBlock, 2);
    const AlignedBuffer three = filled(kBlock, 3);
    SLUICE_CO_TRY_VOID(co_await file.write_durable_at(one.span(), 0));
    SLUICE_CO_TRY_VOID(co_await file.write_at(two.span(), 0));
    if (durable_last) {
        SLUICE_CO_TRY_VOID(co_await file.write_durable_at(three.span(), kBlock));
    }
    co_await file.close();
    co_return Result<void>();
}

TEST(SimDisk, ADurableWriteOverAnUnsyncedOneStays) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SimMachine machine(seed);
        ASSERT_TRUE(machine.run(overwrite_in_place(machine.reactor(), true)).ok());
        const SimDisk disk = machine.crash();
        const auto content = disk.content("a");
        ASSERT_EQ(content.size(), 2 * kBlock);
        for (std::size_t i = 0; i < 2 * kBlock; ++i) {
            const int byte = static_cast<int>(content[i]);
            if (i < kBlock) {
                ASSERT_TRUE(byte == 1 || byte == 2);
            } else {
                ASSERT_EQ(byte, 3);
            }
        }
    }
}

Task<void> write_and_forget(Reactor& reactor) {
    auto result = co_await overwrite_in_place(reactor, false);
    SLUICE_CHECK(result.ok());
}

TEST(SimDisk, CrashesInTheMiddleOfAnOperation) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SimMachine machine(seed);
        Task<void> task = write_and_forget(machine.reactor());
        machine.run_turns(task, seed % 12);
        SimDisk disk = machine.crash();
        {
            Abandon abandon;
            task = Task<void>();
        }
        for (const std::byte byte : disk.content("a")) {
            ASSERT_LE(static_cast<int>(byte), 2);
        }
        SimMachine again(seed, {}, std::move(disk));
        const auto exists = again.run(file_exists(again.reactor(), "a"));
        ASSERT_TRUE(exists.ok());
        if (*exists) {
            EXPECT_TRUE(again.run(read_whole_file(again.reactor(), "a")).ok());
        }
    }
}

Task<Result<void>> sync_twice(Reactor& reactor, SimFaults& faults) {
    SLUICE_CO_TRY(File file, co_await File::open(reactor, "a", OpenMode::kCreate));
    SLUICE_CO_TRY_VOID(co_await sync_directory(reactor, "."));
    const AlignedBuffer one = filled(4 * kBlock, 1);
    SLUICE_CO_TRY_VOID(co_await file.write_at(one.span(), 0));
    faults.nth_operation = 1;
    EXPECT_FALSE((co_await file.sync()).ok());
    SLUICE_CO_TRY_VOID(co_await file.sync());
    co_await file.close();
    co_return Result<void>();
}

TEST(SimDisk, ASecondSyncDoesNotMakeUpForAFailedOne) {
    unsigned damaged = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        SimMachine machine(seed);
        ASSERT_TRUE(machine.run(sync_twice(machine.reactor(), machine.world().faults())).ok());
        const SimDisk disk = machine.crash();
        const AlignedBuffer one = filled(4 * kBlock, 1);
        const auto content = disk.content("a");
        damaged += content.size() != one.size() ||
                   std::memcmp(content.data(), one.data(), one.size()) != 0;
    }
    EXPECT_GT(damaged, 30u);
}

Task<Result<void>> truncate_unsynced(Reactor& reactor) {
    const std::vector<Step> durably = {Step::kWriteDurable, Step::kSyncDirectory};
    SLUICE_CO_TRY_VOID(co_await write_file(reactor, "a", durably, 4, 5));
    SLUICE_CO_TRY(File file, co_await File::open(reactor, "a", OpenMode::kReadWrite));
    SLUICE_CO_TRY_VOID(co_await file.truncate(kBlock));
    co_await file.close();
    co_return Result<void>();
}

TEST(SimDisk, ATruncationThatIsLostGivesTheOldBytesBack) {
    std::set<std::size_t> sizes;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimMachine machine(seed);
        ASSERT_TRUE(machine.run(truncate_unsynced(machine.reactor())).ok());
        const SimDisk disk = machine.crash();
        const auto content = disk.content("a");
        sizes.insert(content.size());
        for (const std::byte byte : content) ASSERT_EQ(static_cast<int>(byte), 5);
    }
    EXPECT_EQ(sizes, (std::set<std::size_t>{kBlock, 4 * kBlock}));
}

TEST(SimDisk, RefusesWhatDoesNotFit) {
    SimMachine machine(1, {}, SimDisk(8 * kBlock));
    const auto small = machine.run(write_file(machine.reactor(), "a", {Step::kWrite}, 6, 1));
    EXPECT_TRUE(small.ok());
    const auto large = machine.run(write_file(machine.reactor(), "b", {Step::kWrite}, 4, 1));
    ASSERT_FALSE(large.ok());
    EXPECT_EQ(large.error().kind, ErrorKind::kNoSpace);
}

TEST(SimDisk, GivesEqualTracesForEqualSeeds) {
    std::set<std::uint64_t> traces;
    for (int round = 0; round < 2; ++round) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            SimMachine machine(seed);
            machine.run(write_and_forget(machine.reactor()));
            traces.insert(machine.world().trace_hash());
        }
    }
    EXPECT_EQ(traces.size(), 20u);
}

}  // namespace
}  // namespace sluice::io
