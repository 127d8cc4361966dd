// The SHOW statements.
#pragma once

#include <cstdint>
#include <string>

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

// These show what a database holds: measurements, series, tags, fields.
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowMeasurementsStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowSeriesStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowFieldKeysStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowTagKeysStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowTagValuesStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowCardinalityStatement show);

// Counts the series of a database without an answer: each once, whatever the number of places it
// lies in. The result is an estimate if there are very many.
io::Task<Result<std::uint64_t>> count_series(StatementContext& context, std::string database);

// These show what the catalog holds.
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowDatabasesStatement show);
io::Task<Result<void>> execute(StatementContext& context,
                               influxql::ShowRetentionPoliciesStatement show);

// A shard group is one shard here, of the same id.
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowShardsStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowShardGroupsStatement show);

// These show what the server says of itself.
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowStatsStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowDiagnosticsStatement show);

}  // namespace sluice::query
