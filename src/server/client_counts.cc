#include "server/client_counts.h"

#include <utility>

#include "server/core_services.h"
#include "sluice/io/mailbox.h"

namespace sluice::server {

ClientCount& ClientCounter::count(std::string_view client) {
    if (counts_.size() >= kClientsMax) client = "other";
    return counts_[std::string(client)];
}

ClientCounts ClientCounter::end() {
    if (--users_ > 0) return counts_;
    return std::exchange(counts_, {});
}

namespace {

void subtract(ClientCounts& counts, const ClientCounts& earlier) {
    for (const auto& [client, before] : earlier) {
        const auto found = counts.find(client);
        if (found == counts.end()) continue;
        found->second.writes -= before.writes;
        found->second.queries -= before.queries;
    }
}

}  // namespace

io::Task<ClientCounts> count_clients(CoreServices& here, std::int64_t duration_ns) {
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
    co_await here.reactor.sleep_ns(duration_ns);
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
