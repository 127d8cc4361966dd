#include "server/config/influx_settings.h"

#include <algorithm>
#include <iterator>

namespace sluice::server {
namespace {

constexpr std::string_view kNoInternal =
    "there is no database _internal; /metrics, /debug/vars and SHOW STATS have the figures";
constexpr std::string_view kMemory = "[sluice] memory-limit bounds the memory";

// config.go and the sections of InfluxDB 1.5 to 1.8, and of 0.9 where files still have them.
constexpr InfluxSetting kSettings[] = {
    {"bind-address", {}, "there is no port for backups; [http] bind-address is that of the API"},
    {"meta.dir", {}, "the catalog lies in [data] dir"},
    {"data.wal-dir", {}, "the logs lie in [data] dir"},
    {"data.wal-fsync-delay", "0s", "a write is durable before it is answered, always"},
    {"data.query-log-enabled", "false", "[coordinator] log-queries-after names slow queries only"},
    {"data.validate-keys", "false", "names may hold characters that cannot be printed"},
    {"data.cache-max-memory-size", {}, kMemory},
    {"data.cache-snapshot-memory-size", {}, kMemory},
    {"monitor.store-enabled", "false", kNoInternal},
    {"continuous_queries.query-stats-enabled", "false", kNoInternal},
    {"http.enabled", "true", "the API is always served"},
    {"http.write-tracing", "false", "bodies are not logged"},
    {"http.debug-pprof-enabled", "false",
     "/debug/pprof is served with the API, and on no port of its own"},
    {"http.prom-read-auth-enabled", "true", "with auth-enabled /api/v1/prom/read asks for a user"},
    {"http.flux-enabled", "false", "there is no Flux: /api/v2/query answers 501"},
    {"reporting-disabled", {}, ""},
    {"reporting-enabled", {}, ""},
    {"hostname", {}, ""},
    {"join", {}, ""},
    {"meta.logging-enabled", {}, ""},
    {"meta.pprof-enabled", {}, ""},
    {"data.enabled", {}, ""},
    {"data.engine", {}, ""},
    {"data.index-version", {}, ""},
    {"data.trace-logging-enabled", {}, ""},
    {"data.wal-logging-enabled", {}, ""},
    {"data.strict-error-handling", {}, ""},
    {"data.max-concurrent-compactions", {}, ""},
    {"data.max-concurrent-deletes", {}, ""},
    {"data.aggressive-points-per-block", {}, ""},
    {"data.tar-stream-buffer-size", {}, ""},
    {"data.ingress-metric-by-measurement-enabled", "false",
     "the figures of ingress by measurement are not there"},
    {"data.ingress-metric-by-login-enabled", "false",
     "the figures of ingress by login are not there"},
    {"data.compact-throughput", {}, ""},
    {"data.compact-throughput-burst", {}, ""},
    {"data.max-index-log-file-size", {}, ""},
    {"data.series-id-set-cache-size", {}, ""},
    {"data.series-file-max-concurrent-snapshot-compactions", {}, ""},
    {"data.tsm-use-madv-willneed", {}, ""},
    {"coordinator.log-timedout-queries", "false", "[coordinator] log-queries-after names them"},
    {"coordinator.termination-query-log", "false", "a stop ends queries without a line for each"},
    {"udp.udp-payload-size", {}, ""},
    {"shard-precreation.enabled", {}, ""},
    {"shard-precreation.check-interval", {}, ""},
    {"shard-precreation.advance-period", {}, ""},
    {"monitor.enabled", {}, ""},
    {"monitor.store-database", {}, ""},
    {"monitor.store-interval", {}, ""},
    {"http.pprof-enabled", "true",
     "/debug/pprof is always there; pprof-auth-enabled keeps others out"},
    {"http.flux-log-enabled", {}, ""},
    {"logging.suppress-logo", {}, ""},
};

constexpr InfluxDefault kOtherDefaults[] = {
    {"data.max-series-per-database", "1000000", "the series of a database are not limited"},
    {"data.max-values-per-tag", "100000", "the values of a tag are not limited"},
    {"data.cache-max-memory-size", "1g", "[sluice] memory-limit bounds the memory"},
    {"data.compact-full-write-cold-duration", "4h", "30m"},
    {"data.max-fields-per-measurement", "without limit", "65536"},
    {"data.query-log-enabled", "true", "[coordinator] log-queries-after names slow queries only"},
    {"http.log-enabled", "true", "false: there is no line for each request"},
    {"monitor.store-enabled", "true",
     "there is no database _internal; /metrics, /debug/vars and SHOW STATS have the figures"},
};

}  // namespace

std::span<const InfluxDefault> other_defaults() {
    return kOtherDefaults;
}

const InfluxSetting* find_influx_setting(std::string_view name) {
    const auto* const found =
        std::find_if(std::begin(kSettings), std::end(kSettings),
                     [name](const InfluxSetting& each) { return each.name == name; });
    return found == std::end(kSettings) ? nullptr : found;
}

}  // namespace sluice::server
