// Runs continuous queries when they are due (query/background/continuous_schedule.h says when).
//
// On one core of the process. What has run lives in memory only: after a start every query begins
// with the window that is open then, as in InfluxDB. Until then a query that is dropped and made
// again, under the same name in a database of the same name, goes on where it was.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sluice/base/metrics.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"
#include "sluice/model/timestamp.h"

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
    using Execute =
        std::function<io::Task<Result<std::uint64_t>>(std::string database, std::string statement)>;

    // `log`: one line for each run.
    ContinuousQueries(Execute execute, bool log);
    ~ContinuousQueries();

    // One look at all queries, as they were created; those that are due at `now` are run, one after
    // the other. Ends early once `stopping` says so.
    io::Task<void> run_due(std::shared_ptr<const meta::Catalog> catalog, model::Timestamp now,
                           std::function<bool()> stopping);

    const ContinuousQueryCounts& counts() const { return counts_; }

private:
    struct Entry;
    using Key = std::pair<std::string, std::string>;  // database, name

    std::unique_ptr<Entry> new_entry(const Key& key);
    io::Task<void> run_one(const meta::Database& database, Entry& entry, model::Timestamp now);
    void refresh(const meta::Database& database, Entry& entry,
                 std::shared_ptr<const meta::ContinuousQuery> definition);
    void report(const meta::Database& database, Entry& entry, const Error& error);
    void forget_dropped(const meta::Catalog& catalog);

    Execute execute_;
    const bool log_;
    std::map<Key, std::unique_ptr<Entry>> entries_;
    // When queries that are dropped ran last (InfluxDB: Service.lastRuns, which forgets nothing).
    std::map<Key, model::Timestamp> dropped_;
    ContinuousQueryCounts counts_;
};

// Through `executor`, which outlives the function.
ContinuousQueries::Execute execute_into(StatementExecutor& executor);

}  // namespace sluice::query
