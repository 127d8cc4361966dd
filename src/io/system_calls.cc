#include "system_calls.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <limits>

#include "sluice/base/log.h"
#include "sluice/base/units.h"

namespace sluice::io {

namespace {

// Connections the kernel completes ahead of accept(); it caps the value at net.core.somaxconn.
constexpr int kBacklog = 4096;

std::int64_t clock_ns(clockid_t clock) {
    timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * kSecondNs + now.tv_nsec;
}

// Fills `storage` from a numeric address; its length, or 0 if it is not one. Names are looked up
// elsewhere (host_lookup.h), because the resolver may take seconds and would hold the core.
socklen_t parse_address(const std::string& address, std::uint16_t port, sockaddr_storage& storage) {
    storage = {};
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        return sizeof *v6;
    }
    return 0;
}

void set_option(int fd, int level, int option, int value) {
    setsockopt(fd, level, option, &value, sizeof value);
}

std::string shown_address(const std::string& address, std::uint16_t port) {
    const bool v6 = address.find(':') != address.npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

// `shared`: each core has a listener of its own on the same port (SO_REUSEPORT), and the kernel
// deals connections out by a hash of the addresses. No core accepts for another.
Result<int> listen_on(const std::string& address, std::uint16_t port, bool shared) {
    const std::string doing = "listen on " + shown_address(address, port);
    sockaddr_storage storage;
    const socklen_t length = parse_address(address, port, storage);
    if (length == 0) return Error{ErrorKind::kInvalid, doing + ": not a numeric IP address"};
    const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return os_failure(errno, doing);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (shared) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    // Accepted sockets inherit these two: answers leave at once, dead peers are noticed.
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (storage.ss_family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&storage), length) != 0 ||
        ::listen(fd, kBacklog) != 0) {
        const int os_error = errno;
        ::close(fd);
        return os_failure(os_error, doing);
    }
    return fd;
}

}  // namespace

std::int64_t system_monotonic_ns() {
    return clock_ns(CLOCK_MONOTONIC);
}
std::int64_t system_wall_ns() {
    return clock_ns(CLOCK_REALTIME);
}

Result<std::vector<DirectoryEntry>> system_list_directory(const std::string& path) {
    DIR* directory = opendir(path.c_str());
    if (directory == nullptr) {
        Error error = os_failure(errno, "list directory " + path);
        if (errno == ENOENT) error.kind = ErrorKind::kNotFound;
        return error;
    }
    std::vector<DirectoryEntry> entries;
    errno = 0;
    while (const dirent* entry = readdir(directory)) {
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        // Some file systems do not say what an entry is (DT_UNKNOWN), and a link counts as what it
        // points to: then the entry is asked itself.
        bool is_directory = entry->d_type == DT_DIR;
        bool is_file = entry->d_type == DT_REG;
        if (!is_directory && !is_file) {
            struct stat status;
            const bool known = fstatat(dirfd(directory), entry->d_name, &status, 0) == 0;
            is_directory = known && S_ISDIR(status.st_mode);
            is_file = known && S_ISREG(status.st_mode);
        }
        entries.emplace_back(name, is_directory, is_file);
        errno = 0;
    }
    const int os_error = errno;
    closedir(directory);
    if (os_error != 0) return os_failure(os_error, "list directory " + path);
    return entries;
}

Result<std::uint64_t> system_free_space(const std::string& path) {
    struct statvfs status;
    if (statvfs(path.c_str(), &status) != 0) return os_failure(errno, "free space of " + path);
    return std::uint64_t{status.f_bavail} * status.f_frsize;
}

Result<int> system_listen(const std::string& address, std::uint16_t port) {
    if (!address.empty()) return listen_on(address, port, true);
    // Every address of both families; hosts without IPv6 have the other one.
    Result<int> both = listen_on("::", port, true);
    if (both.ok() || both.error().os_error == EADDRINUSE) return both;
    return listen_on("0.0.0.0", port, true);
}

// The kernel looks for others again when a socket begins to listen, so of two that claim an address
// at the same time one fails.
Result<int> system_claim_address(const std::string& address, std::uint16_t port) {
    SLUICE_TRY(const int fd, listen_on(address, port, false));
    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    return fd;
}

Result<std::uint16_t> system_local_port(int fd) {
    sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
        return os_failure(errno, "read a socket's own address");
    }
    return storage.ss_family == AF_INET6
               ? ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port)
               : ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

std::string system_peer_address(int fd) {
    sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
    // As Go names a client without a name.
    if (storage.ss_family == AF_UNIX) return "@";
    char text[INET6_ADDRSTRLEN] = {};
    if (storage.ss_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
        return std::string(text) + ":" + std::to_string(ntohs(v4->sin_port));
    }
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    const std::string port = std::to_string(ntohs(v6->sin6_port));
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, text, sizeof text);
        return std::string(text) + ":" + port;
    }
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + port;
}

namespace {

Result<int> open_socket_of(int type, const std::string& doing, const std::string& address,
                           std::uint16_t port, std::vector<std::byte>& resolved) {
    const std::string what = doing + " [" + address + "]:" + std::to_string(port);
    sockaddr_storage storage;
    const socklen_t length = parse_address(address, port, storage);
    if (length == 0) return Error{ErrorKind::kInvalid, what + ": not a numeric IP address"};
    const int fd = socket(storage.ss_family, type | SOCK_CLOEXEC, 0);
    if (fd < 0) return os_failure(errno, what);
    const auto* bytes = reinterpret_cast<const std::byte*>(&storage);
    resolved.assign(bytes, bytes + length);
    return fd;
}

}  // namespace

Result<int> system_open_socket(const std::string& address, std::uint16_t port,
                               std::vector<std::byte>& resolved) {
    SLUICE_TRY(const int fd, open_socket_of(SOCK_STREAM, "connect to", address, port, resolved));
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return fd;
}

Result<int> system_open_datagram_socket(const std::string& address, std::uint16_t port,
                                        std::vector<std::byte>& resolved) {
    return open_socket_of(SOCK_DGRAM, "send datagrams to", address, port, resolved);
}

namespace {

Result<int> bind_datagrams_on(const std::string& address, std::uint16_t port,
                              std::uint64_t buffer_bytes, bool is_first) {
    const std::string doing = "receive datagrams on " + shown_address(address, port);
    sockaddr_storage storage;
    const socklen_t length = parse_address(address, port, storage);
    if (length == 0) return Error{ErrorKind::kInvalid, doing + ": not a numeric IP address"};
    const int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return os_failure(errno, doing);
    if (!is_first) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (storage.ss_family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (buffer_bytes != 0) {
        const std::uint64_t most = std::numeric_limits<int>::max();
        set_option(fd, SOL_SOCKET, SO_RCVBUF, static_cast<int>(std::min(buffer_bytes, most)));
    }
    if (bind(fd, reinterpret_cast<const sockaddr*>(&storage), length) != 0) {
        const int os_error = errno;
        ::close(fd);
        return os_failure(os_error, doing);
    }
    // Only now: bound without it, the first socket has shown that it is alone.
    if (is_first) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    return fd;
}

}  // namespace

Result<int> system_bind_datagrams(const std::string& address, std::uint16_t port,
                                  std::uint64_t buffer_bytes, bool is_first) {
    if (!address.empty()) return bind_datagrams_on(address, port, buffer_bytes, is_first);
    Result<int> both = bind_datagrams_on("::", port, buffer_bytes, is_first);
    if (both.ok() || both.error().os_error == EADDRINUSE) return both;
    return bind_datagrams_on("0.0.0.0", port, buffer_bytes, is_first);
}

}  // namespace sluice::io
