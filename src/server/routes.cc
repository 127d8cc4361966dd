#include "server/routes.h"

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/monitor/admin_handler.h"
#include "server/query/query_handler.h"
#include "server/route_table.h"
#include "server/write/write_handler.h"

namespace sluice::server {
namespace {

io::Task<void> nothing_more() {
    co_return;
}

io::Task<void> serve_small(Connection& connection, RouteHandler handler) {
    switch (handler) {
        case RouteHandler::kPing:
            answer_ping(connection);
            break;
        case RouteHandler::kStatus:
            answer_status(connection);
            break;
        case RouteHandler::kReady:
            answer_ready(connection);
            break;
        case RouteHandler::kAlive:
            answer_alive(connection);
            break;
        case RouteHandler::kTakingRequests:
            answer_taking_requests(connection);
            break;
        case RouteHandler::kFlux:
            answer_platform_error(connection, 501, "Flux is not supported; use /query (InfluxQL)");
            break;
        default:
            break;
    }
    return nothing_more();
}

void count_client(Connection& connection, RouteHandler handler) {
    ClientCounter& counter = connection.services().client_counter;
    if (!counter.active()) [[likely]]
        return;
    if (handler == RouteHandler::kWriteV1 || handler == RouteHandler::kWriteV2) {
        counter.add_write(connection.peer_address());
    }
    if (handler == RouteHandler::kQuery) counter.add_query(connection.peer_address());
}

}  // namespace

// This is not a coroutine, so that a request costs one frame less: it returns the task of the
// handler, or one that is done already.
io::Task<void> serve_request(Connection& connection) {
    const http::Request& request = connection.request();
    const RouteChoice choice = choose_route(request.method, request.path);
    switch (choice.kind) {
        case RouteChoice::Kind::kNotFound:
            answer_plain(connection, 404, "404 page not found\n");
            return nothing_more();
        case RouteChoice::Kind::kPlatformNotFound:
            answer_platform_error(connection, 404, "path not found");
            return nothing_more();
        case RouteChoice::Kind::kMethodNotAllowed:
            answer_plain(connection, 405, "Method Not Allowed\n", choice.allow);
            return nothing_more();
        case RouteChoice::Kind::kOptions:
            answer_options(connection);
            return nothing_more();
        case RouteChoice::Kind::kServe:
            break;
    }
    const RouteHandler handler = choice.handler;
    if (handler == RouteHandler::kVariables) [[unlikely]]
        return handle_variables(connection);
    if (handler == RouteHandler::kRequestCounts) [[unlikely]] {
        return handle_request_counts(connection);
    }
    count_client(connection, handler);
    if (connection.parameters().is_cut()) [[unlikely]] {
        if (is_platform_path(request.path)) {
            answer_platform_error(connection, 400, kTooManyParameters);
        } else {
            answer_error(connection, 400, kTooManyParameters);
        }
        return nothing_more();
    }
    switch (handler) {
        case RouteHandler::kWriteV1:
            return handle_write(connection, WriteApi::kV1);
        case RouteHandler::kWriteV2:
            return handle_write(connection, WriteApi::kV2);
        case RouteHandler::kQuery:
            return handle_query(connection);
        case RouteHandler::kHealth:
            return handle_health(connection);
        case RouteHandler::kMetrics:
            return handle_metrics(connection);
        default:
            return serve_small(connection, handler);
    }
}

}  // namespace sluice::server
