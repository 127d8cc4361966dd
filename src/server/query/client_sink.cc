#include "server/query/client_sink.h"

#include <string>
#include <utility>

#include "server/http/connection.h"
#include "server/services/access_log.h"
#include "sluice/query/statement_executor.h"

namespace sluice::server {
namespace {

io::Task<void> watch(Connection& connection, ClientSink& sink) {
    const bool left = co_await connection.watch_client();
    if (left) sink.client_left();
}

io::Task<Result<void>> run_at_share(CoreServices& services, query::QueryRequest request,
                                    ClientSink& sink) {
    co_await services.reactor.switch_to(io::Share::kQuery);
    io::Task<Result<void>> running = services.executor.execute(std::move(request), sink);
    Result<void> done = co_await running;
    co_return done;
}

}  // namespace

void ClientSink::attach(query::RunningQuery& query) {
    query_ = &query;
    if (client_left_) stop_query();
}

void ClientSink::client_left() {
    client_left_ = true;
    if (query_ != nullptr) stop_query();
}

void ClientSink::stop_query() {
    Error reason{ErrorKind::kCancelled, "query interrupted"};
    if (patience_ns_ == 0) return query_->stop(std::move(reason));
    query_->stop_at(connection_.services().reactor.monotonic_ns() + patience_ns_,
                    std::move(reason));
}

query::QueryRequest begin_request(Connection& connection, std::string_view user) {
    const Config& config = connection.services().config();
    query::QueryRequest request;
    request.client = peer_host(connection.peer_address());
    request.authorize = config.http.auth_enabled;
    request.user = request.authorize ? connection.user() : std::string(user);
    request.token = request.authorize ? connection.token() : 0;
    request.hidden_directory = config.data.dir;
    return request;
}

io::Task<Result<void>> run_for_client(Connection& connection, query::QueryRequest request,
                                      ClientSink& sink) {
    io::Task<Result<void>> running = run_at_share(connection.services(), std::move(request), sink);
    io::Task<void> watching = watch(connection, sink);
    Result<void> done = co_await running;
    connection.stop_watching();
    co_await watching;
    co_return done;
}

}  // namespace sluice::server
