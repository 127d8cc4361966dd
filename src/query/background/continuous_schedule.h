// These functions say when a continuous query runs, and over which time, by the rules of InfluxDB's
// services/continuous_querier/service.go. They are pure.
//
// A query runs when a window of its GROUP BY time() has ended, or every RESAMPLE EVERY; it computes
// the window that has ended, or all that began within RESAMPLE FOR. Its first run after a start
// only notes the time: the first window it computes is the one that is open then.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

struct ContinuousTiming {
    std::int64_t interval_ns = 0;  // of GROUP BY time(); 0: there is none, and it never runs
    std::int64_t offset_ns = 0;
    std::int64_t resample_every_ns = 0;  // 0: was not said
    std::int64_t resample_for_ns = 0;    // likewise
};

// Fails with kInvalid if the query is no aggregate over windows.
Result<ContinuousTiming> timing_of(const influxql::CreateContinuousQueryStatement& query);

// Returns how far the clocks of the query's tz() are ahead of UTC at a time. An empty function is
// UTC.
using ZoneOffset = std::function<std::int64_t(model::Timestamp)>;

struct ContinuousRun {
    model::Timestamp last_run = 0;  // to be passed when it is asked again
    model::TimeRange range;         // empty: there is nothing to compute yet
};

// Returns the times to compute, or nothing when the query is not due at `now`. `last_run` is absent
// before the first run.
std::optional<ContinuousRun> due_run(const ContinuousTiming& timing,
                                     std::optional<model::Timestamp> last_run, model::Timestamp now,
                                     const ZoneOffset& zone = {});

// Replaces everything that the statement says about time by `range`. Other comparisons stay.
Result<void> set_time_range(influxql::SelectStatement& select, const model::TimeRange& range);

}  // namespace sluice::query
