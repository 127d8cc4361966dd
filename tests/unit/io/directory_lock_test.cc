#include "sluice/io/directory_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace sluice::io {
namespace {

TEST(DirectoryLock, KeepsASecondOneOutUntilItGoes) {
    const std::string path = testing::TempDir() + "sluice-lock-" + std::to_string(::getpid());
    {
        const Result<DirectoryLock> first = DirectoryLock::acquire(path);
        ASSERT_TRUE(first.ok());
        const Result<DirectoryLock> second = DirectoryLock::acquire(path);
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
        EXPECT_EQ(second.error().message, path + " is locked by another process (process " +
                                              std::to_string(::getpid()) + ")");
    }
    EXPECT_TRUE(DirectoryLock::acquire(path).ok());
    EXPECT_EQ(DirectoryLock::acquire("/nowhere/LOCK").error().kind, ErrorKind::kIo);
    ::unlink(path.c_str());
}

}  // namespace
}  // namespace sluice::io
