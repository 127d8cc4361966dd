#include "sluice/query/query_registry.h"

#include <utility>

#include "sluice/base/log.h"
#include "sluice/influxql/duration.h"
#include "sluice/io/reactor.h"

namespace sluice::query {

RunningQuery::RunningQuery(CoreQueries& queries, std::uint64_t id, std::string text,
                           std::string database, std::string user, std::int64_t now_ns)
    : queries_(queries),
      id_(id),
      text_(std::move(text)),
      database_(std::move(database)),
      user_(std::move(user)),
      began_ns_(now_ns),
      stop_alarm_(*this, &stop_now),
      slow_alarm_(*this, &report_slow) {
    // The list holds no ownership: whoever runs the query holds it, and it leaves the list by
    // itself.
    queries_.queries_.push_back(*this);
    queries_.running_.add();
    if (queries_.stop_all_ns_ != 0) stop_at(queries_.stop_all_ns_, queries_.stop_all_reason_);
    const QueryPolicy& policy = queries_.policy();
    if (policy.timeout_ns > 0) {
        stop_at(began_ns_ + policy.timeout_ns,
                {ErrorKind::kCancelled, "query-timeout limit exceeded"});
    }
    if (policy.log_after_ns > 0) io::start_timer(slow_alarm_, began_ns_ + policy.log_after_ns);
}

RunningQuery::~RunningQuery() {
    if (stop_alarm_.active()) io::cancel_timer(stop_alarm_);
    if (slow_alarm_.active()) io::cancel_timer(slow_alarm_);
    queries_.running_.subtract();
    queries_.queries_.remove(*this);
}

void RunningQuery::stop(Error reason) {
    if (stopped()) return;
    reason_ = std::move(reason);
    stopping_.reach();
}

// Of several deadlines the earliest counts, and its reason with it.
void RunningQuery::stop_at(std::int64_t deadline_ns, Error reason) {
    if (stopped() || (stop_alarm_.active() && stop_alarm_.deadline_ns() <= deadline_ns)) return;
    late_reason_ = std::move(reason);
    io::start_timer(stop_alarm_, deadline_ns);
}

void RunningQuery::stop_now(io::Timer& timer) {
    RunningQuery& query = static_cast<Alarm&>(timer).query;
    query.stop(std::move(query.late_reason_));
}

void RunningQuery::report_slow(io::Timer& timer) {
    const RunningQuery& query = static_cast<Alarm&>(timer).query;
    log_warn("Detected slow query",
             {{"query", query.text_},
              {"qid", query.id_},
              {"database", query.database_},
              {"threshold", influxql::format_go_duration(query.queries_.policy().log_after_ns)}});
}

void CoreQueries::stop_all_at(std::int64_t deadline_ns, const Error& reason) {
    stop_all_ns_ = deadline_ns;
    stop_all_reason_ = reason;
    for (RunningQuery* query = queries_.first(); query != nullptr; query = query->next) {
        query->stop_at(deadline_ns, reason);
    }
}

Result<void> CoreQueries::kill(std::uint64_t id) {
    for (RunningQuery* query = queries_.first(); query != nullptr; query = query->next) {
        if (query->id() != id) continue;
        if (query->stopped()) return Error{ErrorKind::kConflict, "already killed"};
        query->stop({ErrorKind::kCancelled, "query interrupted"});
        return {};
    }
    return Error{ErrorKind::kNotFound, "no such query id: " + std::to_string(id)};
}

QueryRegistry::QueryRegistry(std::uint32_t core_count, QueryPolicy policy) : policy_(policy) {
    for (std::uint32_t core = 0; core < core_count; ++core) {
        cores_.push_back(std::make_unique<CoreQueries>(policy_, core, core_count));
    }
}

Result<std::unique_ptr<RunningQuery>> QueryRegistry::begin(std::uint32_t core, std::string text,
                                                           std::string database,
                                                           std::int64_t now_ns, std::string user) {
    // The counts of other cores are read as they are at the moment, so a few more may slip in at
    // once.
    if (policy_.concurrent_max != 0) {
        std::uint64_t running = 0;
        for (const auto& queries : cores_) running += queries->running();
        if (running >= policy_.concurrent_max) {
            return Error{ErrorKind::kBusy, "max-concurrent-queries limit exceeded(" +
                                               std::to_string(running) + ", " +
                                               std::to_string(policy_.concurrent_max) + ")"};
        }
    }
    CoreQueries& queries = on(core);
    // Each core counts in steps of the number of cores, so no two give out one id.
    const std::uint64_t id = queries.next_id_;
    queries.next_id_ += queries.id_step_;
    return std::make_unique<RunningQuery>(queries, id, std::move(text), std::move(database),
                                          std::move(user), now_ns);
}

}  // namespace sluice::query
