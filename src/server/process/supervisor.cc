#include "server/process/supervisor.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "sluice/base/units.h"

namespace sluice::server {

// The protocol of sd_notify(3) and sd_watchdog_enabled(3), which is small enough to need no
// library. The watchdog is told twice in each of its intervals, as systemd advises; one that is
// meant for another process (WATCHDOG_PID) is none of ours.
Supervisor::Supervisor() {
    if (const char* socket = std::getenv("NOTIFY_SOCKET")) socket_ = socket;
    const char* const microseconds = std::getenv("WATCHDOG_USEC");
    const char* const process = std::getenv("WATCHDOG_PID");
    if (microseconds == nullptr) return;
    if (process != nullptr && std::strtoll(process, nullptr, 10) != ::getpid()) return;
    watchdog_interval_ns_ = std::strtoll(microseconds, nullptr, 10) * kMicrosecondNs / 2;
}

// A socket for each message: they are rare, and a supervisor may be replaced while we run.
void Supervisor::notify(std::string_view text) const {
    sockaddr_un address{};
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    // A leading @ stands for the abstract namespace.
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    // A supervisor that does not listen is not our trouble.
    [[maybe_unused]] const ssize_t sent =
        ::sendto(socket, text.data(), text.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), size);
    ::close(socket);
}

}  // namespace sluice::server
