#include "server/monitor/server_statistics.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

#include "server/lake/lake_publisher.h"
#include "server/process/process_info.h"
#include "sluice/io/mailbox.h"
#include "sluice/storage/store.h"

namespace sluice::server {
namespace {

using Values = std::initializer_list<std::pair<std::string_view, std::uint64_t>>;
using Tags = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Names, and which of them there are, are InfluxDB's: dashboards and Telegraf ask for them. What
// has no counterpart here is 0 and not left out: whoever reads them expects each to be there.
class Statistics {
public:
    Statistics(const CoreServices& here, const engine::EngineReport& report,
               const SubscriberReport& subscriptions)
        : here_(here),
          shared_(here.shared),
          report_(report),
          subscriptions_(subscriptions),
          process_(read_process_info()) {}

    std::vector<ServerStatistic> collect() {
        runtime();
        query_executor();
        databases();
        shards();
        write_statistics();
        continuous_queries();
        subscriber();
        udp();
        httpd();
        cores();
        stores();
        lake();
        return std::move(list_);
    }

private:
    template <typename Member>
    std::uint64_t sum(Member member) const {
        std::uint64_t total = 0;
        for (const auto& core : shared_.cores) total += (core->metrics.*member).value();
        return total;
    }
    template <typename Member>
    // Counters of other cores are read while they are being counted up: each number is right by
    // itself, and two of them may be of slightly different moments.
    std::uint64_t sum_engine(Member member) const {
        std::uint64_t total = 0;
        for (const auto& core : shared_.cores) total += (core->core.metrics().*member).value();
        return total;
    }

    void add(std::string instance, std::string_view module, Tags tags, Values values) {
        ServerStatistic statistic;
        statistic.instance = std::move(instance);
        statistic.row.module = module;
        for (const auto& [tag, value] : tags) statistic.row.tags.emplace_back(tag, value);
        for (const auto& [name, value] : values) statistic.row.values.emplace_back(name, value);
        list_.push_back(std::move(statistic));
    }

    // Go's runtime has no heap like ours. The allocator's bytes stand where Go has those of its
    // heap, threads where it has goroutines.
    void runtime() {
        add({}, "runtime", {},
            {{"Alloc", process_.heap_bytes},
             {"Frees", 0},
             {"HeapAlloc", process_.heap_bytes},
             {"HeapIdle", 0},
             {"HeapInUse", process_.heap_bytes},
             {"HeapObjects", 0},
             {"HeapReleased", 0},
             {"HeapSys", process_.heap_peak_bytes},
             {"Lookups", 0},
             {"Mallocs", 0},
             {"NumGC", 0},
             {"NumGoroutine", process_.threads},
             {"PauseTotalNs", 0},
             {"Sys", process_.resident_bytes},
             {"TotalAlloc", process_.heap_peak_bytes}});
    }

    // A query that runs is counted as executed already, so the difference is what has ended.
    void query_executor() {
        const std::uint64_t queries = sum(&ServerMetrics::queries);
        const std::uint64_t active = sum(&ServerMetrics::queries_active);
        add({}, "queryExecutor", {},
            {{"queriesActive", active},
             {"queriesExecuted", queries},
             {"queriesFinished", queries - active},
             {"queryDurationNs", sum(&ServerMetrics::query_ns)},
             {"recoveredPanics", 0}});
    }

    // A measurement counts once, in however many shard groups it is. Series are those of the last
    // count, which runs in the background: counting them anew would read every index.
    void databases() {
        for (const auto& database : here_.core.catalog()->databases) {
            std::set<std::string_view> measurements;
            for (const auto& policy : database->retention_policies) {
                for (const auto& group : policy->shard_groups) {
                    group->measurements.for_each([&](const meta::MeasurementSchema& each) {
                        measurements.insert(each.name);
                    });
                }
            }
            add(database->name, "database", {{"database", database->name}},
                {{"numMeasurements", measurements.size()},
                 {"numSeries", here_.series_counts.of(database->name)}});
        }
    }

    // A group that was made after the report has nothing yet.
    engine::ShardReport report_of(model::ShardGroupId id) const {
        const auto known = report_.shards.find(id);
        return known == report_.shards.end() ? engine::ShardReport() : known->second;
    }

    // One entry per shard group: Telegraf counts them as n_shards.
    void shards() {
        for (const auto& database : here_.core.catalog()->databases) {
            for (const auto& policy : database->retention_policies) {
                for (const auto& group : policy->shard_groups) {
                    const std::string id = std::to_string(group->id);
                    const std::string path = shared_.config.data.dir + "/stores";
                    const engine::ShardReport shard = report_of(group->id);
                    add(path + ":" + id, "shard",
                        {{"database", database->name},
                         {"engine", "sluice"},
                         {"id", id},
                         {"path", path},
                         {"retentionPolicy", policy->name},
                         {"walPath", path}},
                        {{"diskBytes", shard.segment_bytes},
                         {"fieldsCreate", 0},
                         {"seriesCreate", 0},
                         {"writeBytes", 0},
                         {"writePointsDropped", 0},
                         {"writePointsErr", 0},
                         {"writePointsOk", shard.points_written},
                         {"writeReq", shard.writes},
                         {"writeReqErr", shard.writes_failed},
                         {"writeReqOk", shard.writes - shard.writes_failed}});
                }
            }
        }
    }

    // There is one node, so all points are local.
    void write_statistics() {
        const std::uint64_t failed = sum_engine(&engine::CoreMetrics::writes_failed);
        const std::uint64_t requests = sum_engine(&engine::CoreMetrics::writes);
        const std::uint64_t points = sum_engine(&engine::CoreMetrics::points_written);
        add({}, "write", {},
            {{"pointReq", points},
             {"pointReqLocal", points},
             {"req", requests},
             {"subWriteDrop", subscriptions_.writes_dropped},
             {"subWriteOk", subscriptions_.writes_offered},
             {"writeDrop", sum(&ServerMetrics::points_dropped)},
             {"writeError", failed},
             {"writeOk", requests - failed},
             {"writeTimeout", sum(&ServerMetrics::write_timeouts)}});
    }

    void continuous_queries() {
        std::uint64_t ok = 0;
        std::uint64_t failed = 0;
        for (const auto& core : shared_.cores) {
            ok += core->continuous_queries.counts().ok.value();
            failed += core->continuous_queries.counts().failed.value();
        }
        add({}, "cq", {}, {{"queryFail", failed}, {"queryOk", ok}});
    }

    void subscriber() {
        add({}, "subscriber", {},
            {{"createFailures", 0},
             {"pointsWritten", subscriptions_.total.points_written},
             {"writeFailures", subscriptions_.total.write_failures}});
        for (const DestinationReport& each : subscriptions_.destinations) {
            add(each.database + ":" + each.retention_policy + ":" + each.subscription + ":" +
                    each.destination,
                "subscriber",
                {{"database", each.database},
                 {"destination", each.destination},
                 {"mode", each.mode},
                 {"name", each.subscription},
                 {"retention_policy", each.retention_policy}},
                {{"pointsWritten", each.counts.points_written},
                 {"writeFailures", each.counts.write_failures}});
        }
    }

    // One entry for all cores, under the address that they share.
    void httpd() {
        using M = ServerMetrics;
        add(shared_.bind_address, "httpd", {{"bind", shared_.bind_address}},
            {{"authFail", sum(&M::auth_failures)},
             {"clientError", sum(&M::client_errors)},
             {"fluxQueryReq", 0},
             {"fluxQueryReqDurationNs", 0},
             {"pingReq", sum(&M::pings)},
             {"pointsWrittenDropped", sum(&M::points_dropped)},
             {"pointsWrittenFail", sum(&M::points_failed)},
             {"pointsWrittenOK", sum(&M::points_ok)},
             {"promReadReq", sum(&M::remote_reads)},
             {"promWriteReq", sum(&M::remote_writes)},
             {"queryReq", sum(&M::queries)},
             {"queryReqDurationNs", sum(&M::query_ns)},
             {"queryRespBytes", sum(&M::query_body_bytes)},
             {"recoveredPanics", 0},
             {"req", sum(&M::requests)},
             {"reqActive", sum(&M::requests_active)},
             {"reqDurationNs", sum(&M::request_ns)},
             {"serverError", sum(&M::server_errors)},
             {"statusReq", sum(&M::statuses)},
             {"valuesWrittenOK", sum(&M::values_ok)},
             {"writeReq", sum(&M::writes)},
             {"writeReqActive", sum(&M::writes_active)},
             {"writeReqBytes", sum(&M::write_body_bytes)},
             {"writeReqDurationNs", sum(&M::write_ns)}});
    }

    // InfluxDB has no "pointsRefused": it stands for points that were understood and not taken.
    void udp() {
        using M = UdpMetrics;
        for (std::size_t i = 0; i < shared_.udp.size(); ++i) {
            const UdpSettings& input = shared_.config.udp[i];
            if (!input.enabled) continue;
            const auto sum = [&](auto member) {
                std::uint64_t total = 0;
                for (const auto& core : shared_.cores) {
                    total += ((*core->udp_metrics[i]).*member).value();
                }
                return total;
            };
            add(input.bind_address, "udp", {{"bind", input.bind_address}},
                {{"batchesTx", sum(&M::batches_written)},
                 {"batchesTxFail", sum(&M::batches_failed)},
                 {"bytesRx", sum(&M::bytes_received)},
                 {"datagramsDropped", sum(&M::datagrams_dropped)},
                 {"pointsParseFail", sum(&M::lines_rejected)},
                 {"pointsRefused", sum(&M::points_refused)},
                 {"pointsRx", sum(&M::points_received)},
                 {"pointsTx", sum(&M::points_written)},
                 {"pointsTxFail", sum(&M::points_failed)},
                 {"readFail", sum(&M::receive_failures)}});
        }
    }

    // What follows is ours; its names begin with "sluice_" so that they never meet InfluxDB's.
    void cores() {
        for (std::size_t i = 0; i < shared_.cores.size(); ++i) {
            const std::string number = std::to_string(i);
            const io::ReactorMetrics& loop = shared_.cores[i]->reactor.metrics();
            add(number, "sluice_core", {{"core", number}},
                {{"turns", loop.turns.value()},
                 {"longTurns", loop.long_turns.value()},
                 {"busyIngestNs", loop.busy_ns[0].value()},
                 {"busyQueryNs", loop.busy_ns[1].value()},
                 {"busyBackgroundNs", loop.busy_ns[2].value()},
                 {"idleNs", loop.idle_ns.value()},
                 {"connections", shared_.cores[i]->metrics.connections_active.value()}});
        }
    }

    void stores() {
        for (const engine::StoreReport& store : report_.stores) {
            const std::string core = std::to_string(store.core);
            add(store.name, "sluice_store", {{"store", store.name}, {"core", core}},
                {{"headBytes", store.stats.head_bytes},
                 {"headRows", store.stats.head_rows},
                 {"headSeries", store.stats.head_series},
                 {"segments", store.stats.segments},
                 {"segmentBytes", store.stats.segment_bytes},
                 {"segmentRows", store.stats.segment_rows},
                 {"segmentsQuarantined", store.stats.segments_quarantined},
                 {"logFiles", store.stats.log_files}});
        }
    }

    void lake() {
        if (shared_.lake == nullptr) return;
        const LakeCounts& counts = shared_.lake->counts();
        add("lake", "sluice_lake", {{"node", shared_.lake->node()}},
            {{"publications", counts.publications.value()},
             {"unchanged", counts.unchanged.value()},
             {"files", counts.files.value()},
             {"rows", counts.rows.value()},
             {"bytes", counts.bytes.value()},
             {"failures", counts.failures.value()},
             {"retries", counts.retries.value()},
             {"groupsDue", counts.groups_due.value()},
             {"overdueSeconds", counts.overdue_seconds.value()},
             {"publishedUntilSeconds", counts.published_until_seconds.value()},
             {"groupsHeld", counts.groups_held.value()}});
    }

    const CoreServices& here_;
    const ServerShared& shared_;
    const engine::EngineReport& report_;
    const SubscriberReport& subscriptions_;
    const ProcessInfo process_;
    std::vector<ServerStatistic> list_;
};

}  // namespace

std::vector<ServerStatistic> collect_statistics(const CoreServices& here,
                                                const engine::EngineReport& report,
                                                const SubscriberReport& subscriptions) {
    return Statistics(here, report, subscriptions).collect();
}

// Each core forwards what its connections write, so the counts of a destination are those of all
// cores together.
io::Task<SubscriberReport> gather_subscriptions(const ServerShared& shared) {
    SubscriberReport sum;
    for (std::uint32_t number = 0; number < shared.cores.size(); ++number) {
        const Subscriber* subscriber = &shared.cores[number]->subscriber;
        const auto ask = [subscriber] { return subscriber->report(); };
        const SubscriberReport report = co_await io::call_on(number, ask);
        sum.add(report);
    }
    co_return sum;
}

}  // namespace sluice::server
