// A Supervisor talks to systemd (sd_notify(3)) by datagrams to the socket that NOTIFY_SOCKET names.
// Without that variable it does nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::server {

class Supervisor {
public:
    // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
    Supervisor();

    // "READY=1", "STOPPING=1", "STATUS=...", "WATCHDOG=1"; several lines in one text.
    void notify(std::string_view text) const;

    // Returns half of the time that the watchdog grants, or 0 when it is off.
    std::int64_t watchdog_interval_ns() const { return watchdog_interval_ns_; }

private:
    std::string socket_;
    std::int64_t watchdog_interval_ns_ = 0;
};

}  // namespace sluice::server
