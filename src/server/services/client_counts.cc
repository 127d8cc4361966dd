#include "server/services/client_counts.h"

#include <algorithm>
#include <utility>

#include "server/services/access_log.h"
#include "server/services/core_services.h"
#include "sluice/base/units.h"
#include "sluice/io/mailbox.h"

namespace sluice::server {

// Each connection has a port of its own: a client is a host, or a user on one ("bob:10.0.0.7").
ClientCount& ClientCounter::count(std::string_view user, std::string_view address) {
    if (counts_.size() >= kClientsMax) return counts_["other"];
    std::string client(user);
    if (!user.empty()) client += ':';
    return counts_[client.append(peer_host(address))];
}

// The last of those who count takes the counts along, so that a server that nobody asks counts
// nothing: active() is all that a request pays.
ClientCounts ClientCounter::end() {
    if (--users_ > 0) return counts_;
    return std::exchange(counts_, {});
}

namespace {

// How soon it notices that its asker has left.
constexpr std::int64_t kSliceNs = 250 * kMillisecondNs;

// Counts only grow while anybody counts, so what was there before is there still, and no less.
void subtract(ClientCounts& counts, const ClientCounts& earlier) {
    for (const auto& [client, before] : earlier) {
        const auto found = counts.find(client);
        if (found == counts.end()) continue;
        found->second.writes -= before.writes;
        found->second.queries -= before.queries;
    }
}

}  // namespace

// Several requests may count at the same time with one counter per core. So each notes what was
// counted when it began and subtracts that at its end. It looks a few times a second whether its
// asker has left.
io::Task<ClientCounts> count_clients(CoreServices& here, std::int64_t duration_ns,
                                     const bool& ended) {
    ServerShared& shared = here.shared;
    ClientCounts before;
    ClientCounts total;
    for (std::uint32_t number = 0; number < shared.cores.size(); ++number) {
        const auto begin = [&shared, number] {
            ClientCounter& counter = shared.cores[number]->client_counter;
            counter.begin();
            return counter.counts();
        };
        ClientCounts present = co_await io::call_on(number, begin);
        for (const auto& [client, count] : present) {
            before[client].writes += count.writes;
            before[client].queries += count.queries;
        }
    }
    const std::int64_t end_ns = here.reactor.monotonic_ns() + duration_ns;
    bool going_on = true;
    while (going_on && !ended) {
        const std::int64_t left_ns = end_ns - here.reactor.monotonic_ns();
        if (left_ns <= 0) break;
        going_on = co_await here.reactor.sleep_ns(std::min(left_ns, kSliceNs));
    }
    for (std::uint32_t number = 0; number < shared.cores.size(); ++number) {
        const auto end = [&shared, number] { return shared.cores[number]->client_counter.end(); };
        ClientCounts counted = co_await io::call_on(number, end);
        for (const auto& [client, count] : counted) {
            total[client].writes += count.writes;
            total[client].queries += count.queries;
        }
    }
    subtract(total, before);
    std::erase_if(total, [](const auto& entry) {
        return entry.second.writes == 0 && entry.second.queries == 0;
    });
    co_return total;
}

}  // namespace sluice::server
