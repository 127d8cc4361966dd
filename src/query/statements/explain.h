// EXPLAIN, EXPLAIN ANALYZE.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

io::Task<Result<void>> execute(StatementContext& context, influxql::ExplainStatement explain);

}  // namespace sluice::query
