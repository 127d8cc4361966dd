#include "server/services/write_throttle.h"

#include "sluice/base/check.h"
#include "sluice/io/reactor.h"

namespace sluice::server {

WriteThrottle::WriteThrottle(const Config::Http& config)
    : writes_max_(config.max_concurrent_write_limit),
      waiting_max_(config.max_enqueued_write_limit),
      timeout_ns_(config.enqueued_write_timeout.ns) {}

// Runs on core 0 for the writes of all cores, so that no counter is shared. Who has waited and got
// a turn is counted in `active_` already: leave() hands the turn on without giving it up.
io::Task<WriteThrottle::Entry> WriteThrottle::enter() {
    if (active_ < writes_max_) {
        ++active_;
        co_return Entry::kEntered;
    }
    if (waiting_max_ != 0 && waiting_.value() >= waiting_max_) {
        refused_.add();
        co_return Entry::kQueueFull;
    }
    const std::int64_t deadline_ns =
        timeout_ns_ == 0 ? io::kNoDeadline : io::Reactor::current().monotonic_ns() + timeout_ns_;
    waiting_.add();
    const bool has_turn = co_await freed_.wait_until(deadline_ns);
    waiting_.subtract();
    if (has_turn) co_return Entry::kEntered;
    refused_.add();
    co_return Entry::kTimedOut;
}

// Who leaves hands the turn to the one that has waited longest, so that nobody overtakes.
void WriteThrottle::leave() {
    if (freed_.has_waiters()) {
        freed_.notify_one();
    } else {
        SLUICE_CHECK(active_ > 0);
        --active_;
    }
}

std::string_view WriteThrottle::refusal_of(Entry entry) {
    return entry == Entry::kQueueFull ? "request throttled, queue full"
                                      : "request throttled, exceeds timeout";
}

}  // namespace sluice::server
