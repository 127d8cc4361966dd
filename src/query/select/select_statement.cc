#include "query/select/select_statement.h"

#include "query/select/select_executor.h"

namespace sluice::query {

io::Task<Result<void>> execute(StatementContext& context, influxql::SelectStatement select) {
    SelectExecutor executor(context.source, context.limits, context.writer);
    Result<void> done = co_await executor.execute(std::move(select), context.defaults);
    co_return done;
}

}  // namespace sluice::query
