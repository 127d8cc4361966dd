#include "sluice/io/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sluice::io {
namespace {

// Two locks, for two kinds of trouble. That of the directory holds even if somebody removes the
// file LOCK and a second process makes another one. That of the file works where a directory cannot
// be locked, and its text says who has it. Both go with the process, however it ends, because they
// belong to open descriptors (flock(2)); so a crash leaves nothing that had to be cleaned up.
std::string owner_of(int fd) {
    char text[32];
    const ssize_t size = fd < 0 ? -1 : ::pread(fd, text, sizeof text, 0);
    std::string owner(text, size > 0 ? static_cast<std::size_t>(size) : 0);
    while (!owner.empty() && owner.back() == '\n') owner.pop_back();
    return owner;
}

Error locked_by_another(const std::string& directory, int file_fd) {
    const std::string owner = owner_of(file_fd);
    return Error{ErrorKind::kConflict, directory + " is locked by another process" +
                                           (owner.empty() ? "" : " (process " + owner + ")")};
}

}  // namespace

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : directory_fd_(std::exchange(other.directory_fd_, -1)),
      file_fd_(std::exchange(other.file_fd_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
    std::swap(directory_fd_, other.directory_fd_);
    std::swap(file_fd_, other.file_fd_);
    return *this;
}

DirectoryLock::~DirectoryLock() {
    if (file_fd_ >= 0) ::close(file_fd_);
    if (directory_fd_ >= 0) ::close(directory_fd_);
}

Result<DirectoryLock> DirectoryLock::acquire(const std::string& directory) {
    const std::string path = directory + "/LOCK";
    DirectoryLock lock;
    lock.directory_fd_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock.directory_fd_ < 0) return os_failure(errno, "open " + directory);
    lock.file_fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock.file_fd_ < 0 && errno == EROFS) {
        lock.file_fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    } else if (lock.file_fd_ < 0) {
        return os_failure(errno, "open " + path);
    }
    // Some network file systems cannot lock a directory; there the file has to do.
    if (::flock(lock.directory_fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return locked_by_another(directory, lock.file_fd_);
    }
    if (lock.file_fd_ < 0) return lock;
    if (::flock(lock.file_fd_, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return locked_by_another(directory, lock.file_fd_);
        return os_failure(errno, "lock " + path);
    }
    // Only told to whoever finds the directory locked: a full disk must not keep us from starting.
    const std::string owner = std::to_string(::getpid()) + "\n";
    const ssize_t written = ::pwrite(lock.file_fd_, owner.data(), owner.size(), 0);
    if (written > 0) (void)!::ftruncate(lock.file_fd_, written);
    return lock;
}

Result<DirectoryLock> DirectoryLock::acquire_quietly(const std::string& directory) {
    DirectoryLock lock;
    lock.directory_fd_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock.directory_fd_ < 0) return os_failure(errno, "open " + directory);
    lock.file_fd_ = ::open((directory + "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
    if (::flock(lock.directory_fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return locked_by_another(directory, lock.file_fd_);
    }
    if (lock.file_fd_ >= 0 && ::flock(lock.file_fd_, LOCK_EX | LOCK_NB) != 0 &&
        errno == EWOULDBLOCK) {
        return locked_by_another(directory, lock.file_fd_);
    }
    return lock;
}

}  // namespace sluice::io
