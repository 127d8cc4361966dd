// SHOW DATABASES, SHOW RETENTION POLICIES.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

io::Task<Result<void>> execute(StatementContext& context, influxql::ShowDatabasesStatement show);
io::Task<Result<void>> execute(StatementContext& context,
                               influxql::ShowRetentionPoliciesStatement show);

}  // namespace sluice::query
