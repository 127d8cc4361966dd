// Keeps a second process out of a data directory.
//
// An flock(2) on the directory itself, which nobody can remove while it is in use, and on a file in
// it that tells who has it: the kernel gives both up when the process ends, however it ends.
// Synchronous; for start and stop only.
#pragma once

#include <string>

#include "sluice/base/result.h"

namespace sluice::io {

class DirectoryLock {
public:
    DirectoryLock() = default;
    DirectoryLock(DirectoryLock&& other) noexcept;
    DirectoryLock& operator=(DirectoryLock&& other) noexcept;
    ~DirectoryLock();

    // Locks `directory`, which exists, and the file LOCK in it, which is made when absent and then
    // holds this process's id. kConflict: another process has it, the message says which. On a file
    // system that is mounted read-only the file may be missing.
    static Result<DirectoryLock> acquire(const std::string& directory);

    // The same without a trace: LOCK is neither made nor written.
    static Result<DirectoryLock> acquire_quietly(const std::string& directory);

private:
    int directory_fd_ = -1;
    int file_fd_ = -1;
};

}  // namespace sluice::io
