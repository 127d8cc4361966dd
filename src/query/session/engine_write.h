// Writes rows of a query into the engine, by the way that all writes go.
#pragma once

#include <string>

#include "query/session/target_rows.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::engine {
class Core;
}

namespace sluice::query {

// Completes when the rows are durable and visible. Errors have InfluxDB's texts; a row that the
// engine refuses makes one, though the others are written. `rows` outlives the task.
io::Task<Result<void>> write_rows(engine::Core& core, std::string database, std::string policy,
                                  const TargetRows& rows);

}  // namespace sluice::query
