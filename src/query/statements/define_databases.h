// These statements define databases and retention policies: CREATE, ALTER, DROP.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

io::Task<Result<void>> execute(StatementContext& context, influxql::CreateDatabaseStatement create);
io::Task<Result<void>> execute(StatementContext& context, influxql::DropDatabaseStatement drop);
io::Task<Result<void>> execute(StatementContext& context,
                               influxql::CreateRetentionPolicyStatement create);
io::Task<Result<void>> execute(StatementContext& context,
                               influxql::AlterRetentionPolicyStatement alter);
io::Task<Result<void>> execute(StatementContext& context,
                               influxql::DropRetentionPolicyStatement drop);

}  // namespace sluice::query
