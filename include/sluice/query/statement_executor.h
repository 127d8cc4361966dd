// Runs the statements of one /query request and streams their results.
//
//     StatementExecutor executor(core);
//     co_await executor.execute(std::move(request), sink);
//
// The text is parsed before anything is executed: a parse error is the whole answer (400), and so
// is a statement that the user may not run, whichever it is of them (403). After that the answer is
// 200, and a statement that fails puts its error into its own result and ends the request. As in
// InfluxDB, where it is not the last one the error reads "not executed" (chunked: the real one
// comes first, then "not executed" for each statement left).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"
#include "sluice/io/task.h"
#include "sluice/query/answer_sink.h"
#include "sluice/query/query_memory.h"
#include "sluice/query/query_registry.h"
#include "sluice/query/query_request.h"
#include "sluice/query/server_facts.h"

namespace sluice::engine {
class Core;
}

namespace sluice::query {

class DataSource;

// Used on one core; any number of execute() may run at the same time.
class StatementExecutor {
public:
    // `core` and `registry` outlive the executor.
    StatementExecutor(engine::Core& core, QueryRegistry& registry, QueryLimits limits = {});
    // Without it SHOW STATS and SHOW DIAGNOSTICS are empty. `facts` outlives the executor.
    void set_facts(ServerFacts& facts) { facts_ = &facts; }
    // Whether queries of clients that hold less memory go before those of others.
    void set_fair_to_clients(bool fair) { memory_.set_fair_to_clients(fair); }
    // Over any source of data, with a registry of its own; tests bring theirs.
    explicit StatementExecutor(std::unique_ptr<DataSource> source, QueryLimits limits = {});
    ~StatementExecutor();

    // What execute() would refuse before the first statement: the text cannot be parsed, or the
    // user may not do all of it. Nothing if it would run. `request` lives until then.
    io::Task<std::optional<QueryRefusal>> check(const QueryRequest& request);

    // Completes when the whole answer has been written. The error is the sink's own (the client is
    // gone) or a cancellation; everything else is in the answer. `sink` and the executor live until
    // then.
    io::Task<Result<void>> execute(QueryRequest request, AnswerSink& sink);

    // What the server asks of itself, as one query among the others (SHOW QUERIES lists it, KILL
    // QUERY stops it). The error is the statement's, or kBusy where too many queries run.
    //
    // Runs a SELECT ... INTO, and returns the number of points written.
    io::Task<Result<std::uint64_t>> write_select(std::string database,
                                                 influxql::SelectStatement select);
    // Counts the series of a database; the result is an estimate if there are very many.
    io::Task<Result<std::uint64_t>> count_series(std::string database);

private:
    std::unique_ptr<DataSource> source_;
    std::unique_ptr<QueryRegistry> own_registry_;
    QueryRegistry* registry_;
    ServerFacts* facts_ = nullptr;
    QueryLimits limits_;
    QueryMemory memory_;
};

}  // namespace sluice::query
