// A WriteThrottle bounds how many writes run at the same time in the whole server, and how many
// wait for their turn (InfluxDB 1.8, services/httpd/handler.go: Throttler).
//
// It lives on core 0: the bound is one of the process, and whoever sets it pays a message for each
// write. Without a bound nobody asks it.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/config/config.h"
#include "sluice/base/metrics.h"
#include "sluice/io/event.h"
#include "sluice/io/task.h"

namespace sluice::server {

class WriteThrottle {
public:
    enum class Entry : std::uint8_t { kEntered, kQueueFull, kTimedOut };

    explicit WriteThrottle(const Config::Http& config);

    bool is_on() const { return writes_max_ != 0; }
    // Waits for a turn; first come, first served. After kEntered, leave() follows.
    io::Task<Entry> enter();
    void leave();

    // InfluxDB's words for a write that was not let in.
    static std::string_view refusal_of(Entry entry);

    // Readable from any core.
    const Counter& waiting() const { return waiting_; }
    const Counter& refused() const { return refused_; }

private:
    const std::uint64_t writes_max_;
    const std::uint64_t waiting_max_;  // 0: as many as want to
    const std::int64_t timeout_ns_;    // 0: for as long as it takes
    std::uint64_t active_ = 0;
    io::Event freed_;
    Counter waiting_;
    Counter refused_;
};

}  // namespace sluice::server
