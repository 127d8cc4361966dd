#include "server/routes.h"

#include <string>
#include <utility>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/monitor/admin_handler.h"
#include "server/profile/profile_handler.h"
#include "server/prometheus/remote_read.h"
#include "server/prometheus/remote_write.h"
#include "server/query/query_handler.h"
#include "server/route_table.h"
#include "server/services/access_log.h"
#include "server/v2/platform_handler.h"
#include "server/v2/platform_query.h"
#include "server/write/write_handler.h"
#include "sluice/io/mailbox.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

// A password is verified within moments, and then the others wait no more.
constexpr unsigned kRetryAfterS = 1;

// A task that is done, where the answer has been appended already.
io::Task<void> nothing_more() {
    co_return;
}

// Answers that need no wait, and so no coroutine of their own.
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
        default:
            break;
    }
    return nothing_more();
}

io::Task<void> serve_handler(Connection& connection, const RouteChoice& choice) {
    const RouteHandler handler = choice.handler;
    switch (handler) {
        case RouteHandler::kWriteV1:
            return handle_write(connection, WriteApi::kV1);
        case RouteHandler::kWriteV2:
            return handle_write(connection, WriteApi::kV2);
        case RouteHandler::kQuery:
            return handle_query(connection);
        case RouteHandler::kQueryV2:
            return handle_platform_query(connection);
        case RouteHandler::kPlatform:
            return handle_platform(connection, choice.platform);
        case RouteHandler::kRemoteWrite:
            return handle_remote_write(connection);
        case RouteHandler::kRemoteRead:
            return handle_remote_read(connection);
        case RouteHandler::kHealth:
            return handle_health(connection);
        case RouteHandler::kMetrics:
            return handle_metrics(connection);
        default:
            return serve_small(connection, handler);
    }
}

bool is_write(RouteHandler handler) {
    return handler == RouteHandler::kWriteV1 || handler == RouteHandler::kWriteV2 ||
           handler == RouteHandler::kRemoteWrite;
}

// A write that waits for its turn has not been looked at, as in InfluxDB: neither its parameters
// nor its body.
io::Task<void> serve_throttled(Connection& connection, RouteChoice choice) {
    WriteThrottle& throttle = connection.services().shared.cores.front()->write_throttle;
    connection.release_input();
    const auto enter = [&throttle] { return throttle.enter(); };
    const WriteThrottle::Entry entry = co_await io::call_on(0, enter);
    if (entry != WriteThrottle::Entry::kEntered) {
        answer_overload(connection, choice.handler == RouteHandler::kWriteV2,
                        WriteThrottle::refusal_of(entry), kRetryAfterS);
        co_return;
    }
    // The turn covers the whole write, its body included, as in InfluxDB: a client that sends
    // slowly keeps its turn.
    co_await serve_handler(connection, choice);
    const auto leave = [&throttle] { throttle.leave(); };
    co_await io::call_on(0, leave);
}

// Of one user from several addresses, and of several users of one address, each counts for itself.
void count_client(Connection& connection, RouteHandler handler) {
    ClientCounter& counter = connection.services().client_counter;
    if (!counter.active()) [[likely]]
        return;
    if (is_write(handler)) {
        counter.add_write(connection.user(), connection.peer_address());
    }
    if (handler == RouteHandler::kQuery || handler == RouteHandler::kQueryV2) {
        counter.add_query(connection.user(), connection.peer_address());
    }
}

// Serves a request whose sender may ask for it.
io::Task<void> serve_admitted(Connection& connection, const RouteChoice& choice) {
    const RouteHandler handler = choice.handler;
    if (handler == RouteHandler::kVariables) [[unlikely]]
        return handle_variables(connection);
    if (handler == RouteHandler::kRequestCounts) [[unlikely]] {
        return handle_request_counts(connection);
    }
    if (handler == RouteHandler::kProfiles) [[unlikely]]
        return handle_profile(connection);
    count_client(connection, handler);
    if (connection.parameters().is_cut()) [[unlikely]] {
        if (is_platform_path(connection.request().path)) {
            answer_platform_error(connection, 400, kTooManyParameters);
        } else {
            answer_error(connection, 400, kTooManyParameters);
        }
        return nothing_more();
    }
    if (is_write(handler) && connection.services().write_throttle.is_on()) [[unlikely]]
        return serve_throttled(connection, choice);
    return serve_handler(connection, choice);
}

// Whether the sender may ask for it; where not, that has been answered.
bool admit(Connection& connection, const Identity& identity, Audience audience) {
    const bool platform = is_platform_path(connection.request().path);
    if (identity.kind == Identity::Kind::kBusy) {
        answer_overload(connection, platform, model::kServerBusy, kRetryAfterS);
        return false;
    }
    if (identity.kind == Identity::Kind::kRefused) {
        answer_unauthorized(connection, platform, identity.text);
        return false;
    }
    connection.set_user(identity.text, identity.token);
    if (audience != Audience::kAdmins) return true;
    if (connection.principal(*connection.services().core.catalog()).is_admin()) return true;
    answer_error(connection, 403, "error authorizing admin access");
    return false;
}

// Only where bcrypt has to decide. The socket's buffer is given back first, because the wait may be
// long and others need it.
io::Task<void> identify_and_serve(Connection& connection, RouteChoice choice, Audience audience) {
    connection.release_input();
    std::string host(peer_host(connection.peer_address()));
    io::Task<Identity> asking = connection.services().authenticator.identify_aside(std::move(host));
    const Identity identity = co_await asking;
    if (admit(connection, identity, audience)) co_await serve_admitted(connection, choice);
}

// Sessions are of the 2.x API alone.
std::string_view cookies_of(const http::Request& request) {
    if (!request.authorization.empty() || !is_platform_path(request.path)) return {};
    for (const http::HeaderField& field : request.headers) {
        if (http::equals_ignoring_case(field.name, "Cookie")) return field.value;
    }
    return {};
}

// Most requests bring credentials that were verified before. For them this is a keyed hash and no
// wait, and so no frame.
io::Task<void> serve_known(Connection& connection, const RouteChoice& choice, Audience audience) {
    const http::Request& request = connection.request();
    const Identity identity = connection.services().authenticator.identify(
        connection.parameters(), request.authorization, cookies_of(request),
        connection.certificate_user());
    if (identity.kind == Identity::Kind::kUnknown) {
        return identify_and_serve(connection, choice, audience);
    }
    if (!admit(connection, identity, audience)) return nothing_more();
    return serve_admitted(connection, choice);
}

}  // namespace

// This is not a coroutine, so that a request costs one frame less: it returns the task of the
// handler, or one that is done already. Who sent it is asked before anything of the body is read.
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
    const Audience audience = audience_of(choice, connection.services().config().http);
    if (audience != Audience::kEverybody) return serve_known(connection, choice, audience);
    return serve_admitted(connection, choice);
}

}  // namespace sluice::server
