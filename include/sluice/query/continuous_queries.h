// ContinuousQueries runs continuous queries when they are due
// (query/background/continuous_schedule.h says when).
//
// It works on one core of the process. When a query ran last is known in memory only: after a start
// every query begins with the window that is open then, as in InfluxDB. Until then a query that is
// dropped and made again, under the same name in a database of the same name, goes on where it was.
//
// A query that was at work when the process ended, kStartsMax starts in a row, is put aside: it is
// not run any more until it is dropped and made again, and log and health name it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/metrics.h"
#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"
#include "sluice/model/timestamp.h"
#include "sluice/query/unfinished_runs.h"

namespace sluice::query {

class StatementExecutor;

// Read by any core.
struct ContinuousQueryCounts {
    Counter ok;
    Counter failed;
};

class ContinuousQueries {
public:
    // Runs a SELECT ... INTO on a database: the number of points written.
    using Execute = std::function<io::Task<Result<std::uint64_t>>(
        std::string database, influxql::SelectStatement select)>;

    // `log`: one line for each run.
    // `unfinished` may be null; it outlives this and is loaded by the first look.
    ContinuousQueries(Execute execute, bool log, UnfinishedRuns* unfinished = nullptr);
    ~ContinuousQueries();

    // One look at all queries, as they were created; those that are due at `now` are run, one after
    // the other. Ends early once `stopping` says so.
    io::Task<void> run_due(std::shared_ptr<const meta::Catalog> catalog, model::Timestamp now,
                           std::function<bool()> stopping);

    const ContinuousQueryCounts& counts() const { return counts_; }
    // One sentence for each query that is put aside.
    std::vector<std::string> troubles() const;

private:
    struct Entry;
    using Key = UnfinishedRuns::Key;

    std::unique_ptr<Entry> new_entry(const Key& key);
    io::Task<void> run_one(const meta::Database& database, Entry& entry, model::Timestamp now);
    io::Task<Result<std::uint64_t>> execute_noted(const meta::Database& database, Entry& entry,
                                                  influxql::SelectStatement select);
    void refresh(const meta::Database& database, Entry& entry,
                 std::shared_ptr<const meta::ContinuousQuery> definition);
    void report(const meta::Database& database, Entry& entry, const Error& error);
    io::Task<void> forget_dropped(std::shared_ptr<const meta::Catalog> catalog);

    Execute execute_;
    const bool log_;
    UnfinishedRuns* const unfinished_;
    bool is_loaded_ = false;
    std::map<Key, std::unique_ptr<Entry>> entries_;
    // When queries that are dropped ran last (InfluxDB: Service.lastRuns, which forgets nothing).
    std::map<Key, model::Timestamp> dropped_;
    ContinuousQueryCounts counts_;
};

// Through `executor`, which outlives the function.
ContinuousQueries::Execute execute_into(StatementExecutor& executor);

}  // namespace sluice::query
