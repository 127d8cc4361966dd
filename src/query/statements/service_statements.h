// These statements are about what the server does by itself: CREATE, DROP and SHOW of continuous
// queries and subscriptions.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

// Keeps the statement as it was understood, with database and policy in front of every measurement.
io::Task<Result<void>> execute(StatementContext& context,
                               influxql::CreateContinuousQueryStatement create);
io::Task<Result<void>> execute(StatementContext& context,
                               influxql::DropContinuousQueryStatement drop);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowContinuousQueriesStatement);
io::Task<Result<void>> execute(StatementContext& context,
                               influxql::CreateSubscriptionStatement create);
io::Task<Result<void>> execute(StatementContext& context, influxql::DropSubscriptionStatement drop);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowSubscriptionsStatement);

}  // namespace sluice::query
