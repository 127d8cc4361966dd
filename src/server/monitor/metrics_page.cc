#include "server/monitor/metrics_page.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "server/config/version.h"
#include "server/lake/lake_publisher.h"
#include "server/monitor/metrics_text.h"
#include "server/process/process_info.h"
#include "sluice/io/reactor.h"
#include "sluice/storage/store.h"

namespace sluice::server {
namespace {

std::string core_label(std::uint32_t core) {
    return "{core=\"" + std::to_string(core) + "\"}";
}

// What stands between the quotes of a label.
// A line break would end the sample, and names of databases are the client's.
std::string label_text(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c == '"' || c == '\\') text += '\\';
        text += c == '\n' ? ' ' : c;
    }
    return text;
}

// Counters of all cores are read from this one, while they are being counted up: each is an atomic
// of its core, so every number is right by itself, and two of them may be of slightly different
// moments. What needs a core's own view, heads and segments, came with the report.
class Metrics {
public:
    Metrics(const CoreServices& here, const engine::EngineReport& report)
        : shared_(here.shared), report_(report), days_left_(days_left(here)) {}

    std::string write() {
        http();
        if (shared_.config.http.https_enabled) tls();
        latencies();
        points();
        udp();
        if (shared_.lake != nullptr) lake(shared_.lake->counts());
        cores();
        stores();
        process();
        return page_.take();
    }

private:
    // 0 for a certificate that has expired, as for one that expires today: either is to be
    // replaced.
    static std::uint64_t days_left(const CoreServices& here) {
        if (here.tls.context == nullptr) return 0;
        const std::int64_t now_s = here.reactor.wall_ns() / kSecondNs;
        const std::int64_t left_s =
            std::max<std::int64_t>(0, here.tls.context->not_after_s() - now_s);
        return static_cast<std::uint64_t>(left_s) / (kDayNs / kSecondNs);
    }
    template <typename Member>
    std::uint64_t sum(Member member) const {
        std::uint64_t total = 0;
        for (const auto& core : shared_.cores) total += (core->metrics.*member).value();
        return total;
    }
    template <typename F>
    void per_core(std::string_view name, std::string_view type, std::string_view help, F value) {
        page_.family(name, type, help);
        for (std::uint32_t core = 0; core < shared_.cores.size(); ++core) {
            page_.sample(core_label(core), value(*shared_.cores[core]));
        }
    }
    template <typename F>
    void per_store(std::string_view name, std::string_view type, std::string_view help, F value) {
        page_.family(name, type, help);
        for (const engine::StoreReport& store : report_.stores) {
            page_.sample("{store=\"" + store.name + "\"}", value(store));
        }
    }
    template <typename F>
    std::uint64_t sum_stores(F value) const {
        std::uint64_t total = 0;
        for (const auto& core : shared_.cores) {
            for (const storage::Store* store : core->core.stores()) {
                total += value(store->metrics());
            }
        }
        return total;
    }

    void http() {
        using M = ServerMetrics;
        page_.family("http_api_requests_total", "counter", "Requests by handler.");
        page_.sample("{handler=\"write\"}", sum(&M::writes));
        page_.sample("{handler=\"query\"}", sum(&M::queries));
        page_.sample("{handler=\"ping\"}", sum(&M::pings));
        page_.family("sluice_prometheus_requests_total", "counter",
                     "Requests of Prometheus' remote storage.");
        page_.sample("{kind=\"write\"}", sum(&M::remote_writes));
        page_.sample("{kind=\"read\"}", sum(&M::remote_reads));
        page_.counter("sluice_prometheus_samples_not_finite_total",
                      "Samples that are NaN or infinite and were left out.",
                      sum(&M::samples_not_finite));
        page_.counter("sluice_http_requests_total", "Requests of all kinds.", sum(&M::requests));
        page_.gauge("sluice_http_requests_active", "Requests being served.",
                    sum(&M::requests_active));
        page_.family("sluice_http_errors_total", "counter", "Answers that were errors.");
        page_.sample("{class=\"4xx\"}", sum(&M::client_errors));
        page_.sample("{class=\"5xx\"}", sum(&M::server_errors));
        page_.counter("sluice_http_auth_failures_total",
                      "Requests without, or with wrong credentials.", sum(&M::auth_failures));
        page_.counter("sluice_http_overloads_total", "Requests refused with 503 for lack of room.",
                      sum(&M::overloads));
        const WriteThrottle& throttle = shared_.cores.front()->write_throttle;
        page_.gauge("sluice_writes_waiting", "Writes that wait for their turn.",
                    throttle.waiting().value());
        page_.counter("sluice_writes_throttled_total", "Writes that got no turn.",
                      throttle.refused().value());
        if (!shared_.config.limits.empty()) {
            page_.family("sluice_writes_limited_total", "counter",
                         "Writes refused by a rate limit.");
        }
        for (std::size_t i = 0; i < shared_.config.limits.size(); ++i) {
            const LimitSettings& limit = shared_.config.limits[i];
            page_.sample("{database=\"" + label_text(limit.database) + "\",user=\"" +
                             label_text(limit.user) + "\",token=\"" + limit.token + "\"}",
                         shared_.cores.front()->rate_limits.refused(i));
        }
        page_.counter("sluice_write_timeouts_total", "Writes that were not durable in time.",
                      sum(&M::write_timeouts));
        page_.counter("sluice_http_body_bytes_total", "Bytes of write bodies as they came.",
                      sum(&M::write_body_bytes));
        page_.counter("sluice_connections_total", "Connections accepted.",
                      sum(&M::connections_accepted));
        page_.gauge("sluice_connections_active", "Connections open.", sum(&M::connections_active));
        page_.counter("sluice_connections_refused_total", "Connections beyond the limit.",
                      sum(&M::connections_refused));
        page_.family("sluice_client_share_refusals_total", "counter",
                     "What was refused to a client that held its share already.");
        page_.sample("{what=\"connection\"}", sum(&M::connections_over_share));
        page_.sample("{what=\"body\"}", bodies_over_share());
        page_.counter("sluice_connections_evicted_total",
                      "Idle connections that were closed because the limit was reached.",
                      sum(&M::connections_evicted));
        page_.counter("sluice_connections_timed_out_total", "Connections closed as idle or slow.",
                      sum(&M::connections_timed_out));
    }

    std::uint64_t bodies_over_share() const {
        std::uint64_t total = 0;
        for (const auto& core : shared_.cores) total += core->core.admission().refused_to_client();
        return total;
    }
    std::uint64_t sum_engine(Counter engine::CoreMetrics::*member) const {
        std::uint64_t total = 0;
        for (const auto& core : shared_.cores) total += (core->core.metrics().*member).value();
        return total;
    }
    std::uint64_t sum_doors(Counter TlsDoor::*member) const {
        std::uint64_t total = 0;
        for (const auto& core : shared_.cores) total += (core->tls.*member).value();
        return total;
    }
    void tls() {
        const std::uint64_t done = sum_doors(&TlsDoor::handshakes);
        // The two counters are read one after the other, and a handshake may end in between.
        const std::uint64_t resumed = std::min(done, sum_doors(&TlsDoor::handshakes_resumed));
        page_.family("sluice_tls_handshakes_total", "counter", "Handshakes of clients by result.");
        page_.sample("{result=\"full\"}", done - resumed);
        page_.sample("{result=\"resumed\"}", resumed);
        page_.sample("{result=\"failed\"}", sum_doors(&TlsDoor::handshakes_failed));
        page_.sample("{result=\"late\"}", sum_doors(&TlsDoor::handshakes_late));
        page_.sample("{result=\"plain\"}", sum_doors(&TlsDoor::plain_requests));
        page_.gauge("sluice_tls_handshakes_unfinished", "Clients in the middle of a handshake.",
                    sum_doors(&TlsDoor::handshakes_unfinished));
        page_.gauge("sluice_tls_certificate_days_left", "Whole days until the certificate expires.",
                    days_left_);
    }

    // Histograms of all cores are added up before quantiles are taken: those of each core cannot be
    // combined afterwards.
    void latencies() {
        HistogramSnapshot writes;
        HistogramSnapshot queries;
        HistogramSnapshot commits;
        std::uint64_t commit_ns = 0;
        for (const auto& core : shared_.cores) {
            writes.add(core->metrics.write_latency_ns);
            queries.add(core->metrics.query_latency_ns);
            for (const storage::Store* store : core->core.stores()) {
                commits.add(store->metrics().commit_ns);
                commit_ns += store->metrics().commit_ns.sum();
            }
        }
        page_.summary("sluice_write_seconds", "From the head of a write to its answer.", writes,
                      sum(&ServerMetrics::write_ns));
        page_.summary("sluice_query_seconds", "From the head of a query to its answer.", queries,
                      sum(&ServerMetrics::query_ns));
        page_.summary("sluice_wal_commit_seconds", "One durable write of a log.", commits,
                      commit_ns);
    }

    void points() {
        using M = ServerMetrics;
        page_.counter("sluice_points_written_total", "Points acknowledged.", sum(&M::points_ok));
        page_.counter("sluice_values_written_total", "Field values acknowledged.",
                      sum(&M::values_ok));
        page_.family("sluice_points_rejected_total", "counter", "Points and lines not taken.");
        page_.sample("{reason=\"parse\"}", sum(&M::lines_rejected));
        page_.sample("{reason=\"refused\"}", sum(&M::points_dropped));
        page_.sample("{reason=\"failed\"}", sum(&M::points_failed));
        page_.counter("sluice_points_beyond_max_series_total",
                      "Points refused because their series would be one too many.",
                      sum_engine(&engine::CoreMetrics::points_beyond_series_max));
        page_.gauge("sluice_databases", "Databases.", report_.databases);
        page_.gauge("sluice_retention_policies", "Retention policies.", report_.retention_policies);
        page_.gauge("sluice_shard_groups", "Shard groups.", report_.shard_groups);
        page_.gauge("sluice_measurements", "Measurements, counted in each shard group.",
                    report_.measurements);
        page_.counter("sluice_shard_groups_expired_total", "Shard groups removed by retention.",
                      report_.shard_groups_expired);
    }

    // The samples of each [[udp]] table that is enabled, all cores together.
    template <typename F>
    void per_input(F write_samples) {
        for (std::size_t i = 0; i < shared_.udp.size(); ++i) {
            const UdpSettings& input = shared_.config.udp[i];
            if (!input.enabled) continue;
            const std::string labels = "{bind=\"" + input.bind_address + "\"";
            write_samples(labels, [&](Counter UdpMetrics::*member) {
                std::uint64_t total = 0;
                for (const auto& core : shared_.cores) {
                    total += ((*core->udp_metrics[i]).*member).value();
                }
                return total;
            });
        }
    }

    void udp() {
        using M = UdpMetrics;
        if (std::ranges::none_of(shared_.config.udp, &UdpSettings::enabled)) return;
        page_.family("sluice_udp_bytes_total", "counter", "Bytes of datagrams.");
        per_input([this](const std::string& labels, auto sum) {
            page_.sample(labels + "}", sum(&M::bytes_received));
        });
        page_.family("sluice_udp_points_total", "counter", "Points that came by UDP.");
        per_input([this](const std::string& labels, auto sum) {
            page_.sample(labels + ",result=\"written\"}", sum(&M::points_written));
            page_.sample(labels + ",result=\"parse\"}", sum(&M::lines_rejected));
            page_.sample(labels + ",result=\"refused\"}", sum(&M::points_refused));
            page_.sample(labels + ",result=\"failed\"}", sum(&M::points_failed));
        });
        page_.family("sluice_udp_batches_total", "counter", "Batches of them.");
        per_input([this](const std::string& labels, auto sum) {
            page_.sample(labels + ",result=\"written\"}", sum(&M::batches_written));
            page_.sample(labels + ",result=\"failed\"}", sum(&M::batches_failed));
        });
        page_.family("sluice_udp_dropped_datagrams_total", "counter",
                     "Datagrams that the kernel had no room for.");
        per_input([this](const std::string& labels, auto sum) {
            page_.sample(labels + "}", sum(&M::datagrams_dropped));
        });
    }

    void lake(const LakeCounts& counts) {
        page_.counter("sluice_lake_publications_total",
                      "Generations of shard groups that were published or taken away.",
                      counts.publications.value());
        page_.counter("sluice_lake_unchanged_total",
                      "Shard groups that were read again and were the same.",
                      counts.unchanged.value());
        page_.counter("sluice_lake_files_total", "Files published.", counts.files.value());
        page_.counter("sluice_lake_rows_total", "Rows published.", counts.rows.value());
        page_.counter("sluice_lake_bytes_total", "Bytes of files published.", counts.bytes.value());
        page_.counter("sluice_lake_failures_total", "Failures to publish.",
                      counts.failures.value());
        page_.counter("sluice_lake_retries_total", "Requests to a bucket that were sent once more.",
                      counts.retries.value());
        page_.gauge("sluice_lake_failing", "1 while publishing fails.", counts.failing.value());
        page_.gauge("sluice_lake_groups_due", "Shard groups to be published by now.",
                    counts.groups_due.value());
        page_.gauge("sluice_lake_overdue_seconds", "How long the oldest of them has been due.",
                    counts.overdue_seconds.value());
        page_.gauge("sluice_lake_published_until_seconds",
                    "Whatever is older is published; seconds since 1970.",
                    counts.published_until_seconds.value());
        page_.gauge("sluice_lake_groups_held",
                    "Expired shard groups that stay until they are published.",
                    counts.groups_held.value());
    }

    void cores() {
        per_core("sluice_core_turns_total", "counter", "Turns of the loop.",
                 [](const CoreServices& core) { return core.reactor.metrics().turns.value(); });
        per_core(
            "sluice_core_long_turns_total", "counter", "Turns beyond a millisecond.",
            [](const CoreServices& core) { return core.reactor.metrics().long_turns.value(); });
        page_.family("sluice_core_busy_seconds_total", "counter", "Time at work, by share.");
        constexpr std::string_view kShares[] = {"ingest", "query", "background"};
        for (std::uint32_t core = 0; core < shared_.cores.size(); ++core) {
            const auto& busy = shared_.cores[core]->reactor.metrics().busy_ns;
            for (std::size_t share = 0; share < busy.size(); ++share) {
                page_.seconds("{core=\"" + std::to_string(core) + "\",share=\"" +
                                  std::string(kShares[share]) + "\"}",
                              busy[share].value());
            }
        }
        page_.family("sluice_core_idle_seconds_total", "counter", "Time asleep.");
        for (std::uint32_t core = 0; core < shared_.cores.size(); ++core) {
            page_.seconds(core_label(core), shared_.cores[core]->reactor.metrics().idle_ns.value());
        }
        page_.family("sluice_body_bytes_in_flight", "gauge", "Bodies that are being served.");
        for (const engine::CoreReport& core : report_.cores) {
            page_.sample(core_label(core.core), core.body_bytes_in_flight);
        }
        per_core("sluice_core_catalog_requests_total", "counter",
                 "Messages to the catalog's core for new names.", [](const CoreServices& core) {
                     return core.core.metrics().names_requested.value();
                 });
    }

    void stores() {
        using Report = engine::StoreReport;
        using Stats = storage::StoreMetrics;
        per_store("sluice_store_head_bytes", "gauge", "Memory of points not yet in segments.",
                  [](const Report& store) { return store.stats.head_bytes; });
        per_store("sluice_store_head_series", "gauge", "Series of the active head.",
                  [](const Report& store) { return store.stats.head_series; });
        per_store("sluice_store_segments", "gauge", "Segments.",
                  [](const Report& store) { return store.stats.segments; });
        per_store("sluice_store_segment_bytes", "gauge", "Bytes of segments.",
                  [](const Report& store) { return store.stats.segment_bytes; });
        per_store("sluice_store_segment_rows", "gauge", "Rows of segments.",
                  [](const Report& store) { return store.stats.segment_rows; });
        per_store("sluice_store_segments_quarantined", "gauge", "Damaged segments set aside.",
                  [](const Report& store) { return store.stats.segments_quarantined; });
        per_store("sluice_store_writable", "gauge", "1 unless the store refuses writes.",
                  [](const Report& store) {
                      return store.health.state == storage::StoreState::kReadOnly ? 0u : 1u;
                  });
        page_.counter("sluice_wal_bytes_total", "Bytes written to logs.",
                      sum_stores([](const Stats& s) { return s.log_bytes.value(); }));
        page_.counter("sluice_wal_commits_total", "Durable writes of logs.",
                      sum_stores([](const Stats& s) { return s.log_frames.value(); }));
        page_.counter("sluice_wal_failures_total", "Log writes that failed.",
                      sum_stores([](const Stats& s) { return s.log_failures.value(); }));
        page_.counter("sluice_flushes_total", "Heads written to segments.",
                      sum_stores([](const Stats& s) { return s.flushes.value(); }));
        page_.counter("sluice_flush_bytes_total", "Bytes of segments written by flushes.",
                      sum_stores([](const Stats& s) { return s.flush_bytes.value(); }));
        page_.counter("sluice_compactions_total", "Merges of segments.",
                      sum_stores([](const Stats& s) { return s.compactions.value(); }));
        page_.counter("sluice_compaction_bytes_total", "Bytes written by compaction.",
                      sum_stores([](const Stats& s) { return s.compaction_bytes_out.value(); }));
        page_.counter("sluice_append_waits_total", "Writes that waited for flush or compaction.",
                      sum_stores([](const Stats& s) { return s.append_waits.value(); }));
        page_.family("sluice_block_cache_total", "counter", "Block cache lookups.");
        page_.sample("{result=\"hit\"}",
                     sum_stores([](const Stats& s) { return s.block_cache_hits.value(); }));
        page_.sample("{result=\"miss\"}",
                     sum_stores([](const Stats& s) { return s.block_cache_misses.value(); }));
    }

    void process() {
        const ProcessInfo info = read_process_info();
        page_.family("process_cpu_seconds_total", "counter", "Processor time of the process.");
        page_.seconds("", info.cpu_ns);
        page_.gauge("process_resident_memory_bytes", "Resident memory.", info.resident_bytes);
        page_.gauge("process_virtual_memory_bytes", "Virtual memory.", info.virtual_bytes);
        page_.family("process_start_time_seconds", "gauge", "Start, seconds since 1970.");
        page_.seconds("", static_cast<std::uint64_t>(shared_.started_wall_ns));
        page_.family("sluice_info", "gauge", "Always 1.");
        page_.sample("{version=\"" + std::string(kVersion) + "\"}", 1);
    }

    const ServerShared& shared_;
    const engine::EngineReport& report_;
    const std::uint64_t days_left_;
    MetricsText page_;
};

}  // namespace

std::string metrics_page(const CoreServices& here, const engine::EngineReport& report) {
    return Metrics(here, report).write();
}

}  // namespace sluice::server
