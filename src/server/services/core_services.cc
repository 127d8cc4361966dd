#include "server/services/core_services.h"

#include <algorithm>

#include "server/config/version.h"
#include "sluice/base/log.h"
#include "sluice/engine/engine.h"

namespace sluice::server {

namespace {

// Kept between requests, per core, and less where there is little memory for bodies. Batches of
// 5,000 lines are about 2 MB of text; the largest bodies are worth keeping too, since 25 MB of
// fresh memory cost thousands of page faults.
constexpr std::size_t kBodyBytesKept = 96 * kMiB;
constexpr std::size_t kBodyBytesKeptEach = 64 * kMiB;
constexpr std::size_t kScratchBytesKept = 64 * kMiB;
constexpr std::size_t kScratchBytesKeptEach = 48 * kMiB;

// Of one query on one core. 0 in the configuration means no limit for all but memory, which always
// has one.
query::QueryLimits query_limits(const Config& config, const engine::Engine& engine) {
    query::QueryLimits limits;
    limits.memory_bytes_max = engine.query_bytes_per_core();
    limits.points_max = config.coordinator.max_select_point;
    limits.series_max = config.coordinator.max_select_series;
    limits.windows_max = config.coordinator.max_select_buckets;
    return limits;
}

}  // namespace

CoreServices::CoreServices(ServerShared& shared_, engine::Core& core_, std::uint64_t node)
    : shared(shared_),
      core(core_),
      reactor(core_.reactor()),
      stamp(node),
      no_content(kVersion, kBuild),
      bodies(std::min<std::size_t>(kBodyBytesKept, core_.admission().bytes_max()),
             kBodyBytesKeptEach),
      scratch(std::min<std::size_t>(kScratchBytesKept, core_.admission().bytes_max() / 2),
              kScratchBytesKeptEach),
      authenticator(core_, shared_.config.http, shared_.session_key),
      executor(core_, *shared_.queries, query_limits(shared_.config, core_.engine())),
      unfinished_runs(reactor, shared_.config.data.dir + "/continuous-queries"),
      continuous_queries(query::execute_into(executor),
                         shared_.config.continuous_queries.log_enabled, &unfinished_runs),
      subscriber(core_, shared_.config, static_cast<std::uint32_t>(shared_.cores.size())),
      client_shares(shared_.config.http.max_client_share, core_.admission().bytes_max()),
      write_throttle(shared_.config.http),
      rate_limits(shared_.config.limits),
      series_counts(reactor, executor, background) {
    if (shared.config.http.log_enabled && !shared.config.http.access_log_path.empty()) {
        const auto opened = access_log.open(shared.config.http.access_log_path);
        if (!opened.ok()) {
            log_error("the access log goes to standard error", {{"error", opened.error().message}});
        }
    }
    executor.set_fair_to_clients(client_shares.limits());
    for (std::size_t i = 0; i < shared.config.udp.size(); ++i) {
        udp_metrics.push_back(std::make_unique<UdpMetrics>());
    }
}

void CoreServices::set_facts(std::unique_ptr<query::ServerFacts> facts_) {
    facts = std::move(facts_);
    executor.set_facts(*facts);
}

}  // namespace sluice::server
