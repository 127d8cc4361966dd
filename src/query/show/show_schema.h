// SHOW statements about what a database holds: measurements, series, tags, fields.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

io::Task<Result<void>> execute(StatementContext& context, influxql::ShowMeasurementsStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowSeriesStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowFieldKeysStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowTagKeysStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowTagValuesStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowCardinalityStatement show);

}  // namespace sluice::query
