// SHOW QUERIES lists the queries of all cores, and KILL QUERY ends one.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

io::Task<Result<void>> execute(StatementContext& context, influxql::ShowQueriesStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::KillQueryStatement kill);

}  // namespace sluice::query
