// Runs the statements of one /query request and streams their results.
//
//     StatementExecutor executor(core);
//     co_await executor.execute(std::move(request), sink);
//
// The text is parsed before anything is executed: a parse error is the whole answer (400). After
// that the answer is 200, and a statement that fails puts its error into its own result and ends
// the request. As in InfluxDB, where it is not the last one the error reads "not executed"
// (chunked: the real one comes first, then "not executed" for each statement left).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/query/query_registry.h"
#include "sluice/query/result_writer.h"
#include "sluice/query/server_facts.h"

namespace sluice::engine {
class Core;
}

namespace sluice::query {

class DataSource;

struct QueryRequest {
    std::string text;  // parameter q
    std::string database;
    std::string retention_policy;  // empty: the database's default
    // Parameter epoch: ns, u, ms, s, m, h; empty means RFC 3339, an unknown unit nanoseconds.
    std::string epoch;
    std::string params;  // JSON object of bound parameters; may be empty
    bool chunked = false;
    std::uint64_t chunk_size = 10'000;  // rows; 0 takes the default. Ignored unless chunked
    std::uint64_t rows_max = 0;         // of the answer, 0: no limit; ignored when chunked
    bool pretty = false;
    bool read_only_method = false;  // GET: statements that write carry a warning
    AnswerFormat format = AnswerFormat::kJson;
    // Who asks, for the log; either may be empty.
    std::string client;  // address
    std::string user;
    // Where the server keeps its files: errors do not show it.
    std::string hidden_directory;
};

struct QueryLimits {
    // Of one query on one core: partial states, sort buffers, pending rows.
    std::uint64_t memory_bytes_max = 256ull << 20;
    // InfluxDB's settings for one SELECT; 0 = unlimited. Values that are read (max-select-point),
    // series (max-select-series), GROUP BY time() windows of a tag set (max-select-buckets).
    std::uint64_t points_max = 0;
    std::uint64_t series_max = 0;
    std::uint64_t windows_max = 0;
};

// Used on one core; any number of execute() may run at the same time.
class StatementExecutor {
public:
    // `core` and `registry` outlive the executor.
    StatementExecutor(engine::Core& core, QueryRegistry& registry, QueryLimits limits = {});
    // Without it SHOW STATS and SHOW DIAGNOSTICS are empty. `facts` outlives the executor.
    void set_facts(ServerFacts& facts) { facts_ = &facts; }
    // Over any source of data, with a registry of its own; tests bring theirs.
    explicit StatementExecutor(std::unique_ptr<DataSource> source, QueryLimits limits = {});
    ~StatementExecutor();

    // What execute() would refuse before the first statement: the text cannot be parsed.
    static Result<void> check(const QueryRequest& request);

    // Completes when the whole answer has been written. The error is the sink's own (the client is
    // gone) or a cancellation; everything else is in the answer. `sink` and the executor live until
    // then.
    io::Task<Result<void>> execute(QueryRequest request, ResultSink& sink);

private:
    std::unique_ptr<DataSource> source_;
    std::unique_ptr<QueryRegistry> own_registry_;
    QueryRegistry* registry_;
    ServerFacts* facts_ = nullptr;
    QueryLimits limits_;
};

}  // namespace sluice::query
