// Which handler a request goes to, and what is answered where none is.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/config/config.h"
#include "server/v2/platform_routes.h"
#include "sluice/http/request.h"

namespace sluice::server {

enum class RouteHandler : std::uint8_t {
    kWriteV1,
    kWriteV2,
    kQuery,
    kQueryV2,
    kPlatform,
    kRemoteWrite,
    kRemoteRead,
    kPing,
    kStatus,
    kHealth,
    kReady,
    kAlive,
    kTakingRequests,
    kMetrics,
    kVariables,
    kRequestCounts,
    kProfiles,
};

// Whom a handler serves.
enum class Audience : std::uint8_t { kEverybody, kUsers, kAdmins };

struct RouteChoice {
    enum class Kind : std::uint8_t {
        kServe,             // by `handler`
        kOptions,           // the path is known and a browser asks what it may do
        kNotFound,          // in plain text
        kPlatformNotFound,  // in the shape of 2.x
        kMethodNotAllowed,  // `allow` names the methods
    };
    Kind kind = Kind::kNotFound;
    RouteHandler handler = RouteHandler::kPing;
    std::string_view allow;
    PlatformMatch platform;  // of kPlatform
};

// Paths are compared as bytes, whole and with their case; of a target only the path counts.
// /debug/vars, /debug/requests and /debug/pprof are also whatever begins with them, by any method,
// as in InfluxDB.
RouteChoice choose_route(http::Method method, std::string_view path);

// What the configuration says of it. What tells machines that the server lives is for everybody.
Audience audience_of(const RouteChoice& choice, const Config::Http& config);

// Whether the path is of the API of 2.x, whose errors have a shape of their own.
bool is_platform_path(std::string_view path);

}  // namespace sluice::server
