// The file with the process id: it is written, and removed by whoever wrote it.
#include "server/process/pid_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace sluice::server {
namespace {

class PidFileTest : public testing::Test {
protected:
    PidFileTest() { std::filesystem::create_directories(directory_); }
    ~PidFileTest() override { std::filesystem::remove_all(directory_); }

    std::string path() const { return directory_ / "sluice.pid"; }
    std::string content() const {
        std::ostringstream text;
        text << std::ifstream(path()).rdbuf();
        return text.str();
    }
    bool exists() const { return std::filesystem::exists(path()); }

    const std::filesystem::path directory_ =
        std::filesystem::temp_directory_path() / ("sluice-pid-file-" + std::to_string(::getpid()));
};

TEST_F(PidFileTest, HoldsTheProcessIdUntilItGoes) {
    {
        auto file = PidFile::prepare(path());
        ASSERT_TRUE(file.ok());
        EXPECT_EQ(content(), "") << "nobody serves yet";
        file->write();
        EXPECT_EQ(content(), std::to_string(::getpid()) + "\n");
    }
    EXPECT_FALSE(exists());
}

TEST_F(PidFileTest, WithoutAPathThereIsNone) {
    auto file = PidFile::prepare("");
    ASSERT_TRUE(file.ok());
    file->write();
    EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(PidFileTest, OneThatCannotBeWrittenIsAnError) {
    const auto file = PidFile::prepare(path() + "/nosuch/sluice.pid");
    ASSERT_FALSE(file.ok());
    EXPECT_TRUE(file.error().message.starts_with("write the process id to "))
        << file.error().message;
}

// A process that does not come so far, because another one serves, leaves what that one has
// written.
TEST_F(PidFileTest, WhatAnotherHasWrittenStays) {
    std::ofstream(path()) << "4711\n";
    {
        const auto file = PidFile::prepare(path());
        ASSERT_TRUE(file.ok());
    }
    EXPECT_EQ(content(), "4711\n");
}

TEST_F(PidFileTest, AnEmptyOneOfOurOwnGoes) {
    {
        const auto file = PidFile::prepare(path());
        ASSERT_TRUE(file.ok());
        EXPECT_TRUE(exists());
    }
    EXPECT_FALSE(exists());
}

TEST_F(PidFileTest, WhatWasLeftBehindIsTakenOver) {
    std::ofstream(path()) << "4711\n";
    {
        auto file = PidFile::prepare(path());
        ASSERT_TRUE(file.ok());
        file->write();
        EXPECT_EQ(content(), std::to_string(::getpid()) + "\n");
    }
    EXPECT_FALSE(exists());
}

TEST_F(PidFileTest, AMoveLeavesOneOwner) {
    {
        auto file = PidFile::prepare(path());
        ASSERT_TRUE(file.ok());
        file->write();
        const PidFile moved = std::move(*file);
        EXPECT_TRUE(exists());
    }
    EXPECT_FALSE(exists());
}

}  // namespace
}  // namespace sluice::server
