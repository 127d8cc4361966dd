// SHOW SHARDS, SHOW SHARD GROUPS. A shard group is one shard here, of the same id.
#pragma once

#include "query/session/statement_context.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

io::Task<Result<void>> execute(StatementContext& context, influxql::ShowShardsStatement show);
io::Task<Result<void>> execute(StatementContext& context, influxql::ShowShardGroupsStatement show);

}  // namespace sluice::query
