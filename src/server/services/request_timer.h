// A RequestTimer counts a request while it is served, and how long that took, in the metrics of
// its kind.
#pragma once

#include <cstdint>

#include "sluice/base/metrics.h"
#include "sluice/io/reactor.h"

namespace sluice::server {

// Lives in the frame of the coroutine that serves the request, so that it ends with it on every
// way out. The reactor is that of the core, and outlives it with the metrics.
class RequestTimer {
public:
    RequestTimer(io::Reactor& reactor, Counter& active, Counter& total_ns, Histogram& latency_ns)
        : reactor_(reactor),
          active_(active),
          total_ns_(total_ns),
          latency_ns_(latency_ns),
          began_ns_(reactor.precise_ns()) {
        active_.add();
    }
    RequestTimer(const RequestTimer&) = delete;
    RequestTimer& operator=(const RequestTimer&) = delete;
    ~RequestTimer() {
        active_.subtract();
        const auto took_ns = static_cast<std::uint64_t>(reactor_.precise_ns() - began_ns_);
        total_ns_.add(took_ns);
        latency_ns_.record(took_ns);
    }

private:
    io::Reactor& reactor_;
    Counter& active_;
    Counter& total_ns_;
    Histogram& latency_ns_;
    const std::int64_t began_ns_;
};

}  // namespace sluice::server
