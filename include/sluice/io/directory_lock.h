// Keeps a second process out of a data directory.
//
// An flock(2) on a file in it: the kernel gives it up when the process ends, however it ends.
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

    // Makes `path` when absent and locks it; it then holds this process's id. kConflict: another
    // process has it, the message says which.
    static Result<DirectoryLock> acquire(const std::string& path);

private:
    explicit DirectoryLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace sluice::io
