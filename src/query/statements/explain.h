// EXPLAIN says what a SELECT would read, and EXPLAIN ANALYZE runs it and says what it read.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

io::Task<Result<void>> execute(StatementContext& context, influxql::ExplainStatement explain);

}  // namespace sluice::query
