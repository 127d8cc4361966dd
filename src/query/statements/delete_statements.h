// These statements take points away: DELETE, DROP SERIES, DROP MEASUREMENT, DROP SHARD.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

io::Task<Result<void>> execute(StatementContext& context, influxql::DeleteStatement statement);
io::Task<Result<void>> execute(StatementContext& context, influxql::DropSeriesStatement drop);
io::Task<Result<void>> execute(StatementContext& context, influxql::DropMeasurementStatement drop);
io::Task<Result<void>> execute(StatementContext& context, influxql::DropShardStatement drop);

}  // namespace sluice::query
