#include "sluice/io/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sluice::io {

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

DirectoryLock::~DirectoryLock() {
    if (fd_ >= 0) ::close(fd_);
}

Result<DirectoryLock> DirectoryLock::acquire(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return os_failure(errno, "open " + path);
    DirectoryLock lock(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return os_failure(errno, "lock " + path);
        char text[32];
        const ssize_t size = ::pread(fd, text, sizeof text, 0);
        std::string owner(text, size > 0 ? static_cast<std::size_t>(size) : 0);
        while (!owner.empty() && owner.back() == '\n') owner.pop_back();
        return Error{ErrorKind::kConflict, path + " is locked by another process" +
                                               (owner.empty() ? "" : " (process " + owner + ")")};
    }
    // Only told to whoever finds the directory locked: a full disk must not keep us from starting.
    const std::string owner = std::to_string(::getpid()) + "\n";
    const ssize_t written = ::pwrite(fd, owner.data(), owner.size(), 0);
    if (written > 0) (void)!::ftruncate(fd, written);
    return lock;
}

}  // namespace sluice::io
