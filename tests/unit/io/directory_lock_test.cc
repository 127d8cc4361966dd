#include "sluice/io/directory_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace sluice::io {
namespace {

class DirectoryLockTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = ::testing::TempDir() + "sluice-lock-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
    }
    void TearDown() override {
        std::remove((directory_ + "/LOCK").c_str());
        ::rmdir(directory_.c_str());
    }
    std::string directory_;
};

TEST_F(DirectoryLockTest, KeepsASecondOneOutUntilItGoes) {
    {
        const Result<DirectoryLock> first = DirectoryLock::acquire(directory_);
        ASSERT_TRUE(first.ok()) << first.error().message;
        const Result<DirectoryLock> second = DirectoryLock::acquire(directory_);
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
        EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())),
                  std::string::npos)
            << second.error().message;
    }
    EXPECT_TRUE(DirectoryLock::acquire(directory_).ok());
}

TEST_F(DirectoryLockTest, OutlivesItsFile) {
    const Result<DirectoryLock> first = DirectoryLock::acquire(directory_);
    ASSERT_TRUE(first.ok()) << first.error().message;
    ASSERT_EQ(std::remove((directory_ + "/LOCK").c_str()), 0);
    const Result<DirectoryLock> second = DirectoryLock::acquire(directory_);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
}

TEST_F(DirectoryLockTest, NamesADirectoryThatIsNotThere) {
    const Result<DirectoryLock> lock = DirectoryLock::acquire(directory_ + "/none");
    ASSERT_FALSE(lock.ok());
    EXPECT_NE(lock.error().message.find("/none"), std::string::npos);
}

}  // namespace
}  // namespace sluice::io
