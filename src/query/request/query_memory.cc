// Who waits for memory, and how much a query gets.
#include "sluice/query/query_memory.h"

#include <algorithm>
#include <string>

#include "sluice/base/address_block.h"
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
    --client_->second.held;
    memory_->forget_if_idle(*client_);
    if (memory_->waiting_ == 0) return;
    if (!is_small_) memory_->freed_ns_ = io::Reactor::current().monotonic_ns();
    memory_->wake_next();
}

// One of those who wait for the client that holds least. A simulated machine that has lost its
// power destroys waiters and grants in any order.
void QueryMemory::wake_next() {
    if (io::abandoning()) return;
    Client* next = nullptr;
    for (auto& [block, client] : clients_) {
        if (!client.freed.has_waiters()) continue;
        if (next == nullptr || client.held < next->held) next = &client;
    }
    if (next != nullptr) next->freed.notify_one();
}

void QueryMemory::forget_if_idle(Entry& client) {
    if (client.second.held != 0 || client.second.waiting != 0) return;
    clients_.erase(clients_.find(client.first));
}

bool QueryMemory::is_next(const Client& client) const {
    return std::none_of(clients_.begin(), clients_.end(), [&client](const Entry& each) {
        return each.second.waiting != 0 && each.second.held < client.held;
    });
}

bool QueryMemory::has_little_for(const Client& client) const {
    const bool kept = is_fair_ && client.held != 0;
    return small_ < (kept ? kSmallGrants - kSmallGrantsKept : kSmallGrants);
}

// Small grants come on top of the whole: a sixteenth each, for at most kSmallGrants of them, so
// that what all hold together stays within one and a half times the maximum.
QueryMemory::Grant QueryMemory::give(Entry& client, bool is_small) {
    std::uint64_t bytes = bytes_max_ / 16;
    if (!is_small) bytes = bytes_max_ / 4 * (granted_ < bytes_max_ / 4 * 3 ? 3 : 1);
    granted_ += bytes;
    ++(is_small ? small_ : full_);
    ++client.second.held;
    return Grant(*this, client, bytes, is_small);
}

io::Task<Result<QueryMemory::Grant>> QueryMemory::take(const RunningQuery& query,
                                                       std::string_view client) {
    Entry& entry = *clients_.try_emplace(is_fair_ ? address_block(client) : std::string()).first;
    if (full_ < kFullGrants && waiting_ == 0) co_return give(entry, false);
    io::Reactor& reactor = io::Reactor::current();
    const std::int64_t began_ns = reactor.monotonic_ns();
    // Whoever comes later waits, too, even if there is room at the moment: it is for those who have
    // been waiting.
    Client& mine = entry.second;
    ++waiting_;
    ++mine.waiting;
    for (;;) {
        const std::int64_t now_ns = reactor.monotonic_ns();
        const bool is_stalled = now_ns - std::max(began_ns, freed_ns_) >= kPatienceNs;
        const bool has_room = full_ < kFullGrants;
        const bool is_served = (has_room || (is_stalled && has_little_for(mine))) && is_next(mine);
        const bool is_late = now_ns - began_ns >= kWaitNs;
        if (is_served || is_late || query.stopped()) {
            --waiting_;
            --mine.waiting;
            if (is_served && !query.stopped()) co_return give(entry, !has_room);
            forget_if_idle(entry);
            if (query.stopped()) co_return Grant();
            co_return Error{ErrorKind::kBusy,
                            "too many queries at once: " + std::to_string(full_ + small_) +
                                " hold the memory there is for queries (memory-limit)"};
        }
        (void)co_await mine.freed.wait_until(now_ns + kLookNs);
    }
}

}  // namespace sluice::query
