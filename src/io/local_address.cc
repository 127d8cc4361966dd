#include "sluice/io/local_address.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

namespace sluice::io {
namespace {

constexpr int kBacklog = 4096;

int open_socket() {
    return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

bool somebody_listens(const std::string& path) {
    const int fd = open_socket();
    if (fd < 0) return false;
    const sockaddr_un address = address_of(path);
    const bool connected =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    // Who may not connect, or is kept waiting, has found somebody.
    const bool listens = connected || (errno != ECONNREFUSED && errno != ENOENT);
    ::close(fd);
    return listens;
}

Result<void> check_place(const std::string& path, const std::string& doing) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};
        return os_failure(errno, doing);
    }
    if (!S_ISSOCK(status.st_mode)) {
        return Error{ErrorKind::kConflict, doing + ": a file that is no socket has that name"};
    }
    if (somebody_listens(path)) return os_failure(EADDRINUSE, doing);
    return {};
}

Result<void> set_group(const std::string& path, const std::string& group,
                       const std::string& doing) {
    if (group.empty()) return {};
    gid_t number = 0;
    const auto end = std::from_chars(group.data(), group.data() + group.size(), number);
    if (end.ec != std::errc() || end.ptr != group.data() + group.size()) {
        const struct group* const found = ::getgrnam(group.c_str());
        if (found == nullptr) {
            return Error{ErrorKind::kNotFound, doing + ": there is no group " + group};
        }
        number = found->gr_gid;
    }
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && status.st_gid == number) return {};
    if (::chown(path.c_str(), static_cast<uid_t>(-1), number) != 0) {
        return os_failure(errno, doing + ": give it to the group " + group);
    }
    return {};
}

// Under another name first, so that nobody meets it half done.
Result<void> make(int fd, const std::string& path, std::uint32_t permissions,
                  const std::string& group, const std::string& doing) {
    const std::string fresh = path + ".new";
    ::unlink(fresh.c_str());
    const sockaddr_un address = address_of(fresh);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return os_failure(errno, doing);
    }
    Result<void> made = set_group(fresh, group, doing);
    if (made.ok() && (::chmod(fresh.c_str(), static_cast<mode_t>(permissions)) != 0 ||
                      ::listen(fd, kBacklog) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0)) {
        made = os_failure(errno, doing);
    }
    if (!made.ok()) ::unlink(fresh.c_str());
    return made;
}

}  // namespace

LocalAddress::LocalAddress(LocalAddress&& other) noexcept {
    *this = std::move(other);
}

LocalAddress& LocalAddress::operator=(LocalAddress&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
}

LocalAddress::~LocalAddress() {
    if (fd_ >= 0) ::close(fd_);
    struct stat status {};
    if (path_.empty() || ::lstat(path_.c_str(), &status) != 0) return;
    if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
}

Result<LocalAddress> LocalAddress::listen(const std::string& path, std::uint32_t permissions,
                                          const std::string& group) {
    const std::string doing = "listen on " + path;
    // Four bytes for the name it has first, and one for the zero at the end.
    if (path.size() + 5 > sizeof(sockaddr_un::sun_path)) {
        return Error{ErrorKind::kInvalid, doing + ": the path is too long for a socket"};
    }
    SLUICE_TRY_VOID(check_place(path, doing));
    const int fd = open_socket();
    if (fd < 0) return os_failure(errno, doing);
    auto made = make(fd, path, permissions, group, doing);
    struct stat status {};
    if (made.ok() && ::lstat(path.c_str(), &status) != 0) made = os_failure(errno, doing);
    if (!made.ok()) {
        ::close(fd);
        return std::move(made).error();
    }
    LocalAddress address(path, fd);
    address.device_ = status.st_dev;
    address.inode_ = status.st_ino;
    return address;
}

int LocalAddress::take_descriptor() {
    return std::exchange(fd_, -1);
}

}  // namespace sluice::io
