// SHOW STATS, SHOW DIAGNOSTICS.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

io::Task<Result<void>> execute(StatementContext& context, influxql::ShowStatsStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowDiagnosticsStatement show);

}  // namespace sluice::query
