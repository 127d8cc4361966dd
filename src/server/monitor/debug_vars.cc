#include "server/monitor/debug_vars.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "server/config/version.h"
#include "server/monitor/server_statistics.h"
#include "server/process/process_info.h"
#include "sluice/query/value_text.h"

namespace sluice::server {
namespace {

using query::append_json_string;

// The document of Go's expvar as InfluxDB fills it (services/httpd/handler.go: serveExpvar),
// because Telegraf's input plugin for InfluxDB reads it: it tells statistics from other keys by
// their shape, and wants every key of memstats.
class Variables {
public:
    Variables(const CoreServices& here, const engine::EngineReport& report,
              const SubscriberReport& subscriptions)
        : here_(here),
          shared_(here.shared),
          report_(report),
          subscriptions_(subscriptions),
          process_(read_process_info()) {}

    std::string write() {
        out_ = "{\n";
        system();
        command_line();
        memory();
        build();
        configuration();
        for (const ServerStatistic& each : collect_statistics(here_, report_, subscriptions_)) {
            statistic(each);
        }
        out_ += "\n}\n";
        return std::move(out_);
    }

private:
    // One key a line, as InfluxDB has it. The document begins with "{\n", which is no key.
    void key(std::string_view name) {
        if (out_.size() > 2) out_ += ",\n";
        append_json_string(out_, name);
        out_ += ": ";
    }

    // One object that Telegraf turns into measurement influxdb_<module>.
    void statistic(const ServerStatistic& statistic) {
        const query::FactRow& row = statistic.row;
        key(statistic.instance.empty() ? row.module : row.module + ':' + statistic.instance);
        out_ += "{\"name\":";
        append_json_string(out_, row.module);
        out_ += ",\"tags\":";
        char separator = '{';
        for (const auto& [tag, value] : row.tags) {
            out_ += std::exchange(separator, ',');
            append_json_string(out_, tag);
            out_ += ':';
            append_json_string(out_, value);
        }
        out_ += row.tags.empty() ? "null" : "}";
        out_ += ",\"values\":";
        separator = '{';
        for (const auto& [name, value] : row.values) {
            out_ += std::exchange(separator, ',');
            append_json_string(out_, name);
            out_ += ':' + std::to_string(std::get<std::uint64_t>(value));
        }
        out_ += "}}";
    }

    void system() {
        const std::int64_t up_ns = here_.reactor.monotonic_ns() - shared_.started_monotonic_ns;
        key("system");
        out_ += "{\"currentTime\":\"";
        query::append_rfc3339(out_, shared_.started_wall_ns + up_ns);
        out_ += "\",\"started\":\"";
        query::append_rfc3339(out_, shared_.started_wall_ns);
        out_ += "\",\"uptime\":" + std::to_string(up_ns / kSecondNs) + "}";
    }

    void command_line() {
        key("cmdline");
        out_ += '[';
        for (std::size_t i = 0; i < shared_.command_line.size(); ++i) {
            if (i != 0) out_ += ',';
            append_json_string(out_, shared_.command_line[i]);
        }
        out_ += ']';
    }

    // Go's runtime.MemStats with what has a counterpart here; Telegraf wants every key.
    void memory() {
        key("memstats");
        out_ += "{\"Alloc\":" + std::to_string(process_.heap_bytes);
        const std::pair<std::string_view, std::uint64_t> numbers[] = {
            {"TotalAlloc", process_.heap_peak_bytes},
            {"Sys", process_.resident_bytes},
            {"Lookups", 0},
            {"Mallocs", 0},
            {"Frees", 0},
            {"HeapAlloc", process_.heap_bytes},
            {"HeapSys", process_.heap_peak_bytes},
            {"HeapIdle", 0},
            {"HeapInuse", process_.heap_bytes},
            {"HeapReleased", 0},
            {"HeapObjects", 0},
            {"StackInuse", 0},
            {"StackSys", 0},
            {"MSpanInuse", 0},
            {"MSpanSys", 0},
            {"MCacheInuse", 0},
            {"MCacheSys", 0},
            {"BuckHashSys", 0},
            {"GCSys", 0},
            {"OtherSys", 0},
            {"NextGC", 0},
            {"LastGC", 0},
            {"PauseTotalNs", 0}};
        for (const auto& [name, value] : numbers) {
            out_ += ",\"" + std::string(name) + "\":" + std::to_string(value);
        }
        for (const std::string_view list : {"PauseNs", "PauseEnd"}) {
            out_ += ",\"" + std::string(list) + "\":[0";
            for (int i = 1; i < 256; ++i) out_ += ",0";
            out_ += ']';
        }
        out_ +=
            ",\"NumGC\":0,\"NumForcedGC\":0,\"GCCPUFraction\":0,\"EnableGC\":false,"
            "\"DebugGC\":false,\"BySize\":[]}";
    }

    void build() {
        key("build");
        out_ += "{\"Branch\":\"\",\"Build Time\":\"\",\"Commit\":\"\",\"Version\":";
        append_json_string(out_, kVersion);
        out_ += '}';
    }

    // InfluxDB's "config" is its section [data], since 1.12.
    void configuration() {
        key("config");
        char separator = '{';
        visit_settings(shared_.config,
                       [&](std::string_view section, std::string_view name, const auto& value) {
                           if (section != "data") return;
                           out_ += std::exchange(separator, ',');
                           append_json_string(out_, name);
                           out_ += ':' + format_setting(value);
                       });
        out_ += '}';
    }

    const CoreServices& here_;
    const ServerShared& shared_;
    const engine::EngineReport& report_;
    const SubscriberReport& subscriptions_;
    const ProcessInfo process_;
    std::string out_;
};

}  // namespace

std::string debug_variables(const CoreServices& here, const engine::EngineReport& report,
                            const SubscriberReport& subscriptions) {
    return Variables(here, report, subscriptions).write();
}

}  // namespace sluice::server
