// The queries that run now: what SHOW QUERIES lists, KILL QUERY stops, and limits count.
//
// A query lives on the core whose connection brought it, and so does its entry; others see it by
// asking that core. Only the fact that it is to stop is visible everywhere at once: scans on all
// cores look at it before each run of rows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/metrics.h"
#include "sluice/base/result.h"
#include "sluice/io/milestone.h"
#include "sluice/io/timer.h"
#include "sluice/io/wait_list.h"

namespace sluice::query {

class CoreQueries;

// InfluxDB's settings of the section [coordinator]; 0: none.
struct QueryPolicy {
    std::int64_t timeout_ns = 0;
    std::int64_t log_after_ns = 0;
    std::uint64_t concurrent_max = 0;
};

// One request of /query from its first statement to its last. Stays in place.
class RunningQuery {
public:
    // `now_ns` is of the reactor's monotonic clock here and below.
    RunningQuery(CoreQueries& queries, std::uint64_t id, std::string text, std::string database,
                 std::string user, std::int64_t now_ns);
    RunningQuery(const RunningQuery&) = delete;
    RunningQuery& operator=(const RunningQuery&) = delete;
    ~RunningQuery();

    std::uint64_t id() const { return id_; }
    const std::string& text() const { return text_; }
    const std::string& database() const { return database_; }
    const std::string& user() const { return user_; }
    std::int64_t began_ns() const { return began_ns_; }

    // On its core: the statement at work ends with `reason`, the following are not executed. The
    // first reason counts.
    void stop(Error reason);
    // The same in a while, unless it has ended by then.
    void stop_at(std::int64_t deadline_ns, Error reason);

    // Readable from any core.
    const io::Milestone& stopping() const { return stopping_; }
    bool stopped() const { return stopping_.reached(); }
    // Once stopped, on its core.
    const Error& reason() const { return reason_; }

    RunningQuery* previous = nullptr;
    RunningQuery* next = nullptr;

private:
    class Alarm final : public io::Timer {
    public:
        Alarm(RunningQuery& query_, Function fire) : Timer(fire), query(query_) {}
        RunningQuery& query;
    };
    static void stop_now(io::Timer& timer);
    static void report_slow(io::Timer& timer);

    CoreQueries& queries_;
    const std::uint64_t id_;
    const std::string text_;
    const std::string database_;
    const std::string user_;
    const std::int64_t began_ns_;
    io::Milestone stopping_;
    Error reason_;
    Error late_reason_;
    Alarm stop_alarm_;
    Alarm slow_alarm_;
};

// The queries of one core. It is used on that core only, but the count may be read from any.
class CoreQueries {
public:
    CoreQueries(const QueryPolicy& policy, std::uint32_t core, std::uint32_t core_count)
        : policy_(policy), next_id_(core + 1), id_step_(core_count) {}

    const QueryPolicy& policy() const { return policy_; }
    std::uint64_t running() const { return running_.value(); }
    const RunningQuery* first() const { return queries_.first(); }
    // Does what RunningQuery::stop_at() does for all queries that run now, and for those that begin
    // later: one whose text is still being parsed is not among the running ones yet.
    void stop_all_at(std::int64_t deadline_ns, const Error& reason);
    // Stops a query. It fails with kNotFound if the query is not on this core, and with kConflict
    // if it is stopping already.
    Result<void> kill(std::uint64_t id);

private:
    friend class RunningQuery;
    friend class QueryRegistry;

    const QueryPolicy& policy_;
    // Every core counts in steps of its own, so numbers are unique and never asked for.
    std::uint64_t next_id_;
    const std::uint64_t id_step_;
    io::detail::WaitList<RunningQuery> queries_;
    Counter running_;
    std::int64_t stop_all_ns_ = 0;  // 0: stop_all_at() was not called
    Error stop_all_reason_;
};

// There is one registry for the process, made before the cores start.
class QueryRegistry {
public:
    explicit QueryRegistry(std::uint32_t core_count, QueryPolicy policy = {});

    // On that core.
    CoreQueries& on(std::uint32_t core) { return *cores_[core]; }

    // Begins a query on `core`, and is called there. `user` is who asks, empty if nobody knows. It
    // fails with kBusy if max-concurrent-queries run already. Two cores may count at the same
    // instant, so under a storm the bound can be passed by a query per core.
    Result<std::unique_ptr<RunningQuery>> begin(std::uint32_t core, std::string text,
                                                std::string database, std::int64_t now_ns,
                                                std::string user = {});

private:
    const QueryPolicy policy_;
    std::vector<std::unique_ptr<CoreQueries>> cores_;
};

}  // namespace sluice::query
