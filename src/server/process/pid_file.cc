#include "server/process/pid_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <utility>

namespace sluice::server {

// Whether it can be written is found out before the server starts, and the process id goes in when
// it serves: an init script that finds the file may rely on both. One that was there before is
// removed only if write() has been called, because until then it may be another process's.
Result<PidFile> PidFile::prepare(std::string path) {
    if (path.empty()) return PidFile({}, false);
    const bool made = ::access(path.c_str(), F_OK) != 0;
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return os_failure(errno, "write the process id to " + path);
    ::close(fd);
    return PidFile(std::move(path), made);
}

PidFile::PidFile(PidFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), ours_(std::exchange(other.ours_, false)) {}

PidFile::~PidFile() {
    if (ours_) ::unlink(path_.c_str());
}

void PidFile::write() {
    if (path_.empty()) return;
    std::ofstream(path_) << ::getpid() << '\n';
    ours_ = true;
}

}  // namespace sluice::server
