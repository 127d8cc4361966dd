// InfluxDB's statistics with what has a counterpart here, and some of our own: what /debug/vars and
// SHOW STATS show.
#pragma once

#include <string>
#include <vector>

#include "server/forward/subscriber.h"
#include "server/services/core_services.h"
#include "sluice/engine/engine.h"
#include "sluice/query/server_facts.h"

namespace sluice::server {

struct ServerStatistic {
    query::FactRow row;
    // Tells rows of one module apart: the key in /debug/vars is "module:instance".
    std::string instance;
};

// `subscriptions`: of all cores.
std::vector<ServerStatistic> collect_statistics(const CoreServices& here,
                                                const engine::EngineReport& report,
                                                const SubscriberReport& subscriptions);

// Asks every core.
io::Task<SubscriberReport> gather_subscriptions(const ServerShared& shared);

}  // namespace sluice::server
