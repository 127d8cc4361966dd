// From a statement to the code that runs it, and what the parts around it must know of each kind.
//
// Statements come in families, each with a file of its own (show_series.cc, define_databases.cc,
// ...). A family's header declares for each of its statements
//
//     io::Task<Result<void>> execute(StatementContext& context, influxql::SomeStatement statement);
//
// and statement_dispatch.cc includes the header: overloading does the rest. What has no execute()
// yet is refused by name.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

// Writes the series of the statement's result; the caller begins and ends the statement. The error
// is the statement's. `context` outlives the task.
io::Task<Result<void>> execute_statement(StatementContext& context, influxql::Statement statement);

// Fails where a SELECT asks for one of InfluxDB's own sources by its name (query/executor.go).
Result<void> check_sources(const influxql::SelectStatement& select);

// The shape of the answer when it comes in chunks: a statement that InfluxDB rewrites to a SELECT
// is cut and marked like one.
StatementShape shape_of(const influxql::Statement& statement);

// Whether it may hold memory that grows with what is stored.
bool reads_series(const influxql::Statement& statement);

// Whether InfluxDB wants a POST for it; by GET it runs too, with a warning in the answer.
bool changes_something(const influxql::Statement& statement);

// Whether the log has a line for it: what changes or removes databases, policies, users, data and
// the like. Writing points is not among them, be it by a SELECT.
bool is_administrative(const influxql::Statement& statement);

}  // namespace sluice::query
