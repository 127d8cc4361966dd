#include "server/routes.h"

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/monitor/admin_handler.h"
#include "server/query/query_handler.h"
#include "server/write/write_handler.h"
#include "sluice/http/router.h"

namespace sluice::server {
namespace {

enum Handler : std::uint8_t {
    kWriteV1,
    kWriteV2,
    kQuery,
    kFlux,
    kPing,
    kStatus,
    kHealth,
    kReady,
    kAlive,
    kTakingRequests,
    kMetrics,
};

constexpr http::Route kRoutes[] = {
    {"/write", http::kPostOptions, kWriteV1},
    {"/api/v2/write", http::kPostOptions, kWriteV2},
    {"/query", http::kGetPostOptions, kQuery},
    {"/ping", http::kGetHeadOptions, kPing},
    {"/health", http::kGetHeadOptions, kHealth},
    {"/ready", http::kGetHeadOptions, kReady},
    {"/metrics", http::kGetHeadOptions, kMetrics},
    {"/status", http::kGetHeadOptions, kStatus},
    {"/api/v2/query", http::kPostOptions, kFlux},
    {"/-/healthy", http::kGetHeadOptions, kAlive},
    {"/-/ready", http::kGetHeadOptions, kTakingRequests},
};

// Before the routes, as in InfluxDB: whatever path begins so, and by any method.
bool serves_statistics(std::string_view path) {
    return path.starts_with("/debug/vars") || path.starts_with("/debug/requests");
}

io::Task<void> nothing_more() {
    co_return;
}

io::Task<void> serve_small(Connection& connection, std::uint8_t handler) {
    switch (handler) {
        case kPing:
            answer_ping(connection);
            break;
        case kStatus:
            answer_status(connection);
            break;
        case kReady:
            answer_ready(connection);
            break;
        case kAlive:
            answer_alive(connection);
            break;
        case kTakingRequests:
            answer_taking_requests(connection);
            break;
        case kFlux:
            answer_platform_error(connection, 501, "Flux is not supported; use /query (InfluxQL)");
            break;
        default:
            break;
    }
    return nothing_more();
}

void count_client(Connection& connection, std::uint8_t handler) {
    ClientCounter& counter = connection.services().client_counter;
    if (!counter.active()) [[likely]]
        return;
    if (handler == kWriteV1 || handler == kWriteV2) counter.add_write(connection.peer_address());
    if (handler == kQuery) counter.add_query(connection.peer_address());
}

}  // namespace

// This is not a coroutine, so that a request costs one frame less: it returns the task of the
// handler, or one that is done already.
io::Task<void> serve_request(Connection& connection) {
    const http::Request& request = connection.request();
    if (serves_statistics(request.path) && request.method != http::Method::kOptions) [[unlikely]] {
        if (request.path.starts_with("/debug/vars")) return handle_variables(connection);
        return handle_request_counts(connection);
    }
    const http::RouteMatch match = http::find_route(kRoutes, request.method, request.path);
    const bool platform = request.path.starts_with("/api/v2/");
    if (serves_statistics(request.path)) {
        answer_options(connection);
        return nothing_more();
    }
    switch (match.kind) {
        case http::RouteMatch::Kind::kNotFound:
            if (platform) {
                answer_platform_error(connection, 404, "path not found");
            } else {
                answer_plain(connection, 404, "404 page not found\n");
            }
            return nothing_more();
        case http::RouteMatch::Kind::kMethodNotAllowed:
            answer_plain(connection, 405, "Method Not Allowed\n", match.route->methods.allow);
            return nothing_more();
        case http::RouteMatch::Kind::kFound:
            break;
    }
    if (request.method == http::Method::kOptions) {
        answer_options(connection);
        return nothing_more();
    }
    const std::uint8_t handler = match.route->handler;
    count_client(connection, handler);
    if (connection.parameters().is_cut()) [[unlikely]] {
        if (platform) {
            answer_platform_error(connection, 400, kTooManyParameters);
        } else {
            answer_error(connection, 400, kTooManyParameters);
        }
        return nothing_more();
    }
    switch (handler) {
        case kWriteV1:
            return handle_write(connection, WriteApi::kV1);
        case kWriteV2:
            return handle_write(connection, WriteApi::kV2);
        case kQuery:
            return handle_query(connection);
        case kHealth:
            return handle_health(connection);
        case kMetrics:
            return handle_metrics(connection);
        default:
            return serve_small(connection, handler);
    }
}

}  // namespace sluice::server
