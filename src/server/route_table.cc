#include "server/route_table.h"

#include "sluice/http/router.h"

namespace sluice::server {
namespace {

constexpr std::uint8_t handler(RouteHandler handler) {
    return static_cast<std::uint8_t>(handler);
}

// The busy ones come first.
constexpr http::Route kRoutes[] = {
    {"/write", http::kPostOptions, handler(RouteHandler::kWriteV1)},
    {"/api/v2/write", http::kPostOptions, handler(RouteHandler::kWriteV2)},
    {"/query", http::kGetPostOptions, handler(RouteHandler::kQuery)},
    {"/api/v1/prom/write", http::kPostOptions, handler(RouteHandler::kRemoteWrite)},
    {"/api/v1/prom/read", http::kPostOptions, handler(RouteHandler::kRemoteRead)},
    {"/ping", http::kGetHeadOptions, handler(RouteHandler::kPing)},
    {"/health", http::kGetHeadOptions, handler(RouteHandler::kHealth)},
    {"/ready", http::kGetHeadOptions, handler(RouteHandler::kReady)},
    {"/metrics", http::kGetHeadOptions, handler(RouteHandler::kMetrics)},
    {"/status", http::kGetHeadOptions, handler(RouteHandler::kStatus)},
    {"/api/v2/query", http::kPostOptions, handler(RouteHandler::kQueryV2)},
    {"/api/v2/ping", http::kGetHeadOptions, handler(RouteHandler::kPing)},
    {"/api/v2/health", http::kGetHeadOptions, handler(RouteHandler::kHealth)},
    {"/api/v2/ready", http::kGetHeadOptions, handler(RouteHandler::kReady)},
    {"/-/healthy", http::kGetHeadOptions, handler(RouteHandler::kAlive)},
    {"/-/ready", http::kGetHeadOptions, handler(RouteHandler::kTakingRequests)},
};

// By what a path begins with, and before the routes, as in InfluxDB.
constexpr struct {
    std::string_view prefix;
    RouteHandler handler;
} kStatistics[] = {
    {"/debug/vars", RouteHandler::kVariables},
    {"/debug/requests", RouteHandler::kRequestCounts},
    {"/debug/pprof", RouteHandler::kProfiles},
};

}  // namespace

bool is_platform_path(std::string_view path) {
    return path.starts_with("/api/v2/");
}

Audience audience_of(const RouteChoice& choice, const Config::Http& config) {
    if (!config.auth_enabled) [[likely]]
        return Audience::kEverybody;
    switch (choice.handler) {
        case RouteHandler::kWriteV1:
        case RouteHandler::kWriteV2:
        case RouteHandler::kQuery:
        case RouteHandler::kQueryV2:
        case RouteHandler::kRemoteWrite:
        case RouteHandler::kRemoteRead:
            return Audience::kUsers;
        case RouteHandler::kPlatform:
            return is_for_everybody(choice.platform.endpoint) ? Audience::kEverybody
                                                              : Audience::kUsers;
        case RouteHandler::kPing:
        case RouteHandler::kStatus:
        case RouteHandler::kMetrics:
            return config.ping_auth_enabled ? Audience::kUsers : Audience::kEverybody;
        case RouteHandler::kVariables:
        case RouteHandler::kRequestCounts:
        case RouteHandler::kProfiles:
            return config.pprof_auth_enabled ? Audience::kAdmins : Audience::kEverybody;
        default:
            return Audience::kEverybody;
    }
}

namespace {

RouteChoice choose_platform_route(http::Method method, std::string_view path) {
    using Kind = RouteChoice::Kind;
    const PlatformMatch match = find_platform_route(method, path);
    switch (match.kind) {
        case PlatformMatch::Kind::kNotFound:
            return {Kind::kPlatformNotFound, RouteHandler::kPlatform, {}, match};
        case PlatformMatch::Kind::kMethodNotAllowed:
            return {Kind::kMethodNotAllowed, RouteHandler::kPlatform, match.allow, match};
        case PlatformMatch::Kind::kFound:
            break;
    }
    const bool asks_for_options = method == http::Method::kOptions;
    return {asks_for_options ? Kind::kOptions : Kind::kServe, RouteHandler::kPlatform, {}, match};
}

}  // namespace

RouteChoice choose_route(http::Method method, std::string_view path) {
    using Kind = RouteChoice::Kind;
    const bool asks_for_options = method == http::Method::kOptions;
    for (const auto& each : kStatistics) {
        if (!path.starts_with(each.prefix)) continue;
        return {asks_for_options ? Kind::kOptions : Kind::kServe, each.handler, {}, {}};
    }
    const http::RouteMatch match = http::find_route(kRoutes, method, path);
    switch (match.kind) {
        case http::RouteMatch::Kind::kNotFound:
            if (asks_for_options) return {Kind::kOptions, RouteHandler::kPing, {}, {}};
            return is_platform_path(path) ? choose_platform_route(method, path) : RouteChoice();
        case http::RouteMatch::Kind::kMethodNotAllowed:
            return {Kind::kMethodNotAllowed, RouteHandler::kPing, match.route->methods.allow, {}};
        case http::RouteMatch::Kind::kFound:
            break;
    }
    return {asks_for_options ? Kind::kOptions : Kind::kServe,
            static_cast<RouteHandler>(match.route->handler),
            {},
            {}};
}

}  // namespace sluice::server
