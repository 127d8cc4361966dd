// This constructor makes the executor over an engine. It does not stand beside the other
// constructor, because callers that bring a source of their own do not need the engine.
#include "query/session/engine_source.h"
#include "sluice/query/statement_executor.h"

namespace sluice::query {

StatementExecutor::StatementExecutor(engine::Core& core, QueryRegistry& registry,
                                     QueryLimits limits)
    : source_(make_engine_source(core)),
      registry_(&registry),
      limits_(limits),
      memory_(limits.memory_bytes_max) {}

}  // namespace sluice::query
