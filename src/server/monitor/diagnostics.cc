#include "server/monitor/diagnostics.h"

#include <unistd.h>

#include <algorithm>
#include <map>

#include "server/config/config_text.h"
#include "server/config/version.h"
#include "server/monitor/server_statistics.h"
#include "sluice/query/value_text.h"

namespace sluice::server {
namespace {

using query::Fact;
using query::FactRow;

Fact as_fact(bool value) {
    return value;
}
Fact as_fact(std::uint64_t value) {
    return value;
}
Fact as_fact(const SettingSize& value) {
    return value.bytes;
}
Fact as_fact(const SettingDuration& value) {
    return format_duration(value.ns);
}
Fact as_fact(const std::string& value) {
    return value;
}
Fact as_fact(const SettingList& value) {
    return format_setting(value);
}
// Whether a secret is set may be seen, and nothing else of it.
Fact as_fact(const SettingSecret& value) {
    return std::string(value.text.empty() ? "" : "[REDACTED]");
}

// InfluxDB's names of the parts of its configuration.
std::string config_module(std::string_view section) {
    if (section == "http") return "config-httpd";
    if (section == "continuous_queries") return "config-cqs";
    return "config-" + std::string(section);
}

// Every setting there is, by the same list that the configuration file is read by: a new one needs
// nothing here.
void add_configuration(const Config& config, std::vector<FactRow>& rows) {
    std::map<std::string, std::vector<std::pair<std::string, Fact>>> modules;
    visit_settings(config, [&](std::string_view section, std::string_view key, const auto& value) {
        modules[config_module(section)].emplace_back(key, as_fact(value));
    });
    for (auto& [module, values] : modules) {
        std::sort(values.begin(), values.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        rows.push_back({module, {}, std::move(values)});
    }
}

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::string wall_text(std::int64_t wall_ns) {
    std::string text;
    query::append_rfc3339(text, wall_ns);
    return text;
}

}  // namespace

io::Task<std::vector<FactRow>> Diagnostics::statistics() {
    co_await services_.series_counts.refresh(services_.core.catalog());
    const engine::EngineReport report = co_await services_.core.engine().report(services_.core);
    const SubscriberReport subscriptions = co_await gather_subscriptions(services_.shared);
    std::vector<FactRow> rows;
    for (ServerStatistic& statistic : collect_statistics(services_, report, subscriptions)) {
        rows.push_back(std::move(statistic.row));
    }
    co_return rows;
}

// What the indexes of series take in memory, for SHOW STATS FOR 'indexes'.
io::Task<std::uint64_t> Diagnostics::index_bytes() {
    const engine::EngineReport report = co_await services_.core.engine().report(services_.core);
    std::uint64_t bytes = 0;
    for (const engine::StoreReport& store : report.stores) bytes += store.stats.series_index_bytes;
    co_return bytes;
}

io::Task<std::vector<FactRow>> Diagnostics::diagnostics() {
    const ServerShared& shared = services_.shared;
    std::vector<FactRow> rows;
    rows.push_back({"build",
                    {},
                    {{"Branch", std::string()},
                     {"Build Time", std::string()},
                     {"Commit", std::string()},
                     {"Version", std::string(kVersion)}}});
    add_configuration(shared.config, rows);
    rows.push_back({"network", {}, {{"hostname", host_name()}}});
    rows.push_back({"runtime",
                    {},
                    {{"cores", std::uint64_t{shared.cores.size()}},
                     {"version", std::string("C++ ") + std::to_string(__cplusplus)}}});
    const std::int64_t up_ns = services_.reactor.precise_ns() - shared.started_monotonic_ns;
    rows.push_back({"system",
                    {},
                    {{"PID", std::uint64_t(::getpid())},
                     {"currentTime", wall_text(services_.reactor.wall_ns())},
                     {"started", wall_text(shared.started_wall_ns)},
                     {"uptime", format_duration(up_ns)}}});
    co_return rows;
}

}  // namespace sluice::server
