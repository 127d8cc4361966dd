// Who waits for memory, and how much a query gets.
#include "sluice/query/query_memory.h"

#include <algorithm>
#include <string>

#include "sluice/io/reactor.h"

namespace sluice::query {
namespace {

// Looks at whether the query was stopped, while it waits.
constexpr std::int64_t kLookNs = 100 * kMillisecondNs;

}  // namespace

QueryMemory::Grant::~Grant() {
    if (memory_ == nullptr) return;
    memory_->granted_ -= bytes_;
    --(is_small_ ? memory_->small_ : memory_->full_);
    if (memory_->waiting_ == 0) return;
    if (!is_small_) memory_->freed_ns_ = io::Reactor::current().monotonic_ns();
    memory_->freed_.notify_one();
}

// Small grants come on top of the whole: a sixteenth each, for at most kSmallGrants of them, so
// that what all hold together stays within one and a half times the maximum.
QueryMemory::Grant QueryMemory::give(bool is_small) {
    std::uint64_t bytes = bytes_max_ / 16;
    if (!is_small) bytes = bytes_max_ / 4 * (granted_ < bytes_max_ / 4 * 3 ? 3 : 1);
    granted_ += bytes;
    ++(is_small ? small_ : full_);
    return Grant(*this, bytes, is_small);
}

io::Task<Result<QueryMemory::Grant>> QueryMemory::take(const RunningQuery& query) {
    if (full_ < kFullGrants && waiting_ == 0) co_return give(false);
    io::Reactor& reactor = io::Reactor::current();
    const std::int64_t began_ns = reactor.monotonic_ns();
    // Whoever comes later waits, too, even if there is room at the moment: it is for those who have
    // been waiting.
    ++waiting_;
    for (;;) {
        const std::int64_t now_ns = reactor.monotonic_ns();
        const bool is_stalled = now_ns - std::max(began_ns, freed_ns_) >= kPatienceNs;
        const bool has_room = full_ < kFullGrants;
        if (query.stopped() || has_room || (is_stalled && small_ < kSmallGrants)) {
            --waiting_;
            if (query.stopped()) co_return Grant();
            co_return give(!has_room);
        }
        if (now_ns - began_ns >= kWaitNs) {
            --waiting_;
            co_return Error{ErrorKind::kBusy,
                            "too many queries at once: " + std::to_string(full_ + small_) +
                                " hold the memory there is for queries (memory-limit)"};
        }
        (void)co_await freed_.wait_until(now_ns + kLookNs);
    }
}

}  // namespace sluice::query
