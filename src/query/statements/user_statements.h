// These statements are about users: CREATE, DROP, SET PASSWORD, GRANT, REVOKE, SHOW USERS, SHOW
// GRANTS.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

// Creating the same user with the same password again is no error.
io::Task<Result<void>> execute(StatementContext& context, influxql::CreateUserStatement create);
io::Task<Result<void>> execute(StatementContext& context, influxql::DropUserStatement drop);
io::Task<Result<void>> execute(StatementContext& context, influxql::SetPasswordStatement set);
io::Task<Result<void>> execute(StatementContext& context, influxql::GrantStatement grant);
io::Task<Result<void>> execute(StatementContext& context, influxql::RevokeStatement revoke);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowUsersStatement show);
// Sorted by database; InfluxDB shows them in no order.
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowGrantsStatement show);

}  // namespace sluice::query
