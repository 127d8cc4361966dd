#include "server/lake/file_steps.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "server/export/parquet_file.h"

namespace sluice::server {
namespace {

std::string folder_of(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
}

Error failure(int os_error, std::string doing) {
    Error error = os_failure(os_error, std::move(doing));
    if (os_error == ENOENT) error.kind = ErrorKind::kNotFound;
    return error;
}

// Writes all of them to the file and closes it.
Result<void> write_durably(int fd, const std::string& path, ByteSpan bytes) {
    if (fd < 0) return failure(errno, "open " + path);
    int failed = 0;
    while (!bytes.empty() && failed == 0) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            failed = errno;
        }
    }
    if (failed == 0 && ::fsync(fd) != 0) failed = errno;
    ::close(fd);
    if (failed != 0) return os_failure(failed, "write " + path);
    return {};
}

}  // namespace

Result<void> FileSteps::append(const std::string& path, ByteSpan bytes) {
    return write_durably(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC), path, bytes);
}

Result<void> FileSteps::replace(const std::string& path, ByteSpan bytes) {
    SLUICE_TRY_VOID(make_folders(folder_of(path)));
    const std::string beside = path + ".new";
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    SLUICE_TRY_VOID(write_durably(fd, beside, bytes));
    return FileSteps::rename(beside, path);
}

Result<void> FileSteps::rename(const std::string& from, const std::string& to) {
    const std::string folder = folder_of(to);
    SLUICE_TRY_VOID(make_folders(folder));
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return failure(errno, "rename " + from + " to " + to);
    }
    return sync_folder(folder);
}

Result<void> FileSteps::remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0) return failure(errno, "remove " + path);
    return sync_folder(folder_of(path));
}

bool is_there(const std::string& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0;
}

Result<std::string> read_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return failure(errno, "open " + path);
    std::string text;
    char piece[65536];
    int failed = 0;
    while (failed == 0) {
        const ssize_t got = ::read(fd, piece, sizeof piece);
        if (got == 0) break;
        if (got > 0) {
            text.append(piece, static_cast<std::size_t>(got));
        } else if (errno != EINTR) {
            failed = errno;
        }
    }
    ::close(fd);
    if (failed != 0) return os_failure(failed, "read " + path);
    return text;
}

}  // namespace sluice::server
