// The directories of a store: what is made, what is durable, and what a listing leaves out.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim_machine.h"
#include "sluice/io/file.h"
#include "storage/files/list_entries.h"
#include "storage/files/store_directories.h"

namespace sluice::storage {
namespace {

bool is_directory(const io::SimDisk& disk, const std::string& path) {
    const io::SimInodeRef found = disk.find(path);
    return found != nullptr && found->is_directory;
}

TEST(StoreDirectories, AreThereAfterAnyCrash) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        io::SimMachine machine(seed);
        ASSERT_TRUE(machine.run(make_store_directories(machine.reactor(), "/store")).ok());
        const io::SimDisk disk = machine.crash();
        ASSERT_TRUE(is_directory(disk, "store/wal")) << seed;
        ASSERT_TRUE(is_directory(disk, "store/shards")) << seed;
    }
}

TEST(StoreDirectories, MadeTwiceAreThoseThatWereThere) {
    io::SimMachine machine;
    ASSERT_TRUE(machine.run(make_store_directories(machine.reactor(), "store")).ok());
    auto inside = machine.run(io::make_directory(machine.reactor(), "store/shards/1"));
    ASSERT_TRUE(inside.ok());
    EXPECT_TRUE(machine.run(make_store_directories(machine.reactor(), "store")).ok());
    EXPECT_TRUE(is_directory(machine.world().disk(), "store/shards/1"));
}

// Whichever of its operations fails, the error comes out, and a second attempt makes up for it.
TEST(StoreDirectories, WhatFailedIsMadeByTheNextAttempt) {
    for (const std::uint64_t nth : {1, 2, 3, 4, 5}) {
        io::SimMachine machine(nth);
        machine.world().faults().nth_operation = nth;
        EXPECT_FALSE(machine.run(make_store_directories(machine.reactor(), "/store")).ok()) << nth;
        EXPECT_TRUE(machine.run(make_store_directories(machine.reactor(), "/store")).ok()) << nth;
        EXPECT_TRUE(is_directory(machine.crash(), "store/wal")) << nth;
    }
}

TEST(ListEntries, HasFilesAndDirectories) {
    io::SimMachine machine;
    ASSERT_TRUE(machine.run(make_store_directories(machine.reactor(), "/store")).ok());
    auto file =
        machine.run(io::File::open(machine.reactor(), "/store/MANIFEST-1", io::OpenMode::kCreate));
    ASSERT_TRUE(file.ok());
    machine.run(file->close());
    const auto entries = machine.run(list_entries(machine.reactor(), "/store"));
    ASSERT_TRUE(entries.ok());
    std::set<std::string> names;
    for (const io::DirectoryEntry& each : *entries) names.insert(each.name);
    EXPECT_EQ(names, (std::set<std::string>{"MANIFEST-1", "shards", "wal"}));
}

TEST(ListEntries, OfNothingIsAnError) {
    io::SimMachine machine;
    const auto entries = machine.run(list_entries(machine.reactor(), "/nosuch"));
    ASSERT_FALSE(entries.ok());
    EXPECT_EQ(entries.error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace sluice::storage
