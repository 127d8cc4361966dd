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
    {"meta.retention-autocreate", "true", "a new database gets its policy autogen all the same"},
    {"data.wal-dir", {}, "the logs lie in [data] dir"},
    {"data.wal-fsync-delay", "0s", "a write is durable before it is answered, always"},
    {"data.query-log-enabled", "false", "[coordinator] log-queries-after names slow queries only"},
    {"data.validate-keys", "false", "names may hold characters that cannot be printed"},
    {"data.cache-max-memory-size", {}, kMemory},
    {"data.cache-snapshot-memory-size", {}, kMemory},
    {"data.max-series-per-database", "0", "the series of a database are not limited"},
    {"data.max-values-per-tag", "0", "the values of a tag are not limited"},
    {"monitor.store-enabled", "false", kNoInternal},
    {"continuous_queries.query-stats-enabled", "false", kNoInternal},
    {"http.enabled", "true", "the API is always served"},
    {"http.access-log-path", "", "[http] log-enabled writes to standard error"},
    {"http.access-log-status-filters", "[]",
     "[http] log-enabled writes a line whatever the status"},
    {"http.write-tracing", "false", "bodies are not logged"},
    {"http.debug-pprof-enabled", "false", "/debug/pprof is not there"},
    {"http.prom-read-auth-enabled", "false", "/api/v1/prom is not there"},
    {"http.flux-enabled", "false", "there is no Flux: /api/v2/query answers 501"},
    {"http.max-concurrent-write-limit", "0", "writes are bounded by [sluice] memory-limit"},
    {"http.max-enqueued-write-limit", "0", "writes are bounded by [sluice] memory-limit"},
    {"reporting-disabled", {}, ""},
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
    {"data.compact-throughput", {}, ""},
    {"data.compact-throughput-burst", {}, ""},
    {"data.max-index-log-file-size", {}, ""},
    {"data.series-id-set-cache-size", {}, ""},
    {"data.series-file-max-concurrent-snapshot-compactions", {}, ""},
    {"data.tsm-use-madv-willneed", {}, ""},
    {"coordinator.write-timeout", {}, ""},
    {"udp.udp-payload-size", {}, ""},
    {"shard-precreation.enabled", {}, ""},
    {"shard-precreation.check-interval", {}, ""},
    {"shard-precreation.advance-period", {}, ""},
    {"monitor.enabled", {}, ""},
    {"monitor.store-database", {}, ""},
    {"monitor.store-interval", {}, ""},
    {"http.pprof-enabled", {}, ""},
    {"http.enqueued-write-timeout", {}, ""},
    {"http.flux-log-enabled", {}, ""},
    {"logging.suppress-logo", {}, ""},
};

}  // namespace

const InfluxSetting* find_influx_setting(std::string_view name) {
    const auto* const found =
        std::find_if(std::begin(kSettings), std::end(kSettings),
                     [name](const InfluxSetting& each) { return each.name == name; });
    return found == std::end(kSettings) ? nullptr : found;
}

}  // namespace sluice::server
