// A ClientSink takes the answer of a query for a client that may leave before it is whole; then the
// query is stopped.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/query/answer_sink.h"
#include "sluice/query/query_request.h"

namespace sluice::server {

class Connection;

class ClientSink : public query::AnswerSink {
public:
    void attach(query::RunningQuery& query) final;
    void detach() final { query_ = nullptr; }
    // May come before the query is attached, and after it was detached.
    void client_left();

protected:
    // The connection outlives the sink. The query goes on for `patience_ns` after the client has
    // closed its half of the connection.
    ClientSink(Connection& connection, std::int64_t patience_ns)
        : connection_(connection), patience_ns_(patience_ns) {}
    Connection& connection() { return connection_; }

private:
    void stop_query();

    Connection& connection_;
    const std::int64_t patience_ns_;
    query::RunningQuery* query_ = nullptr;  // while one is attached
    bool client_left_ = false;
};

// What a query says of who asks and from where. `user` is the name that counts where users are not
// asked for.
query::QueryRequest begin_request(Connection& connection, std::string_view user);

// Runs the query at the share of queries, and watches meanwhile whether the client is there. It
// completes when nobody watches the connection any more. The error is that of
// StatementExecutor::execute(): the answer is not whole. `sink` outlives the task.
io::Task<Result<void>> run_for_client(Connection& connection, query::QueryRequest request,
                                      ClientSink& sink);

}  // namespace sluice::server
