// Which handler each method and path goes to, and what is said where none is.
#include "server/route_table.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

using http::Method;
using Kind = RouteChoice::Kind;

TEST(RouteTable, ServesWhatTheDocumentLists) {
    const struct {
        Method method;
        const char* path;
        RouteHandler handler;
    } cases[] = {
        {Method::kPost, "/write", RouteHandler::kWriteV1},
        {Method::kPost, "/api/v2/write", RouteHandler::kWriteV2},
        {Method::kGet, "/query", RouteHandler::kQuery},
        {Method::kPost, "/query", RouteHandler::kQuery},
        {Method::kPost, "/api/v2/query", RouteHandler::kQueryV2},
        {Method::kGet, "/api/v2/ping", RouteHandler::kPing},
        {Method::kGet, "/api/v2/health", RouteHandler::kHealth},
        {Method::kGet, "/api/v2/ready", RouteHandler::kReady},
        {Method::kDelete, "/api/v2/buckets/0123456789abcdef", RouteHandler::kPlatform},
        {Method::kPost, "/api/v2/delete", RouteHandler::kPlatform},
        {Method::kGet, "/ping", RouteHandler::kPing},
        {Method::kHead, "/ping", RouteHandler::kPing},
        {Method::kHead, "/status", RouteHandler::kStatus},
        {Method::kGet, "/health", RouteHandler::kHealth},
        {Method::kGet, "/ready", RouteHandler::kReady},
        {Method::kGet, "/-/healthy", RouteHandler::kAlive},
        {Method::kGet, "/-/ready", RouteHandler::kTakingRequests},
        {Method::kGet, "/metrics", RouteHandler::kMetrics},
        // By any method, and whatever begins so.
        {Method::kGet, "/debug/vars", RouteHandler::kVariables},
        {Method::kPost, "/debug/vars", RouteHandler::kVariables},
        {Method::kGet, "/debug/vars2", RouteHandler::kVariables},
        {Method::kGet, "/debug/vars/more", RouteHandler::kVariables},
        {Method::kGet, "/debug/requests", RouteHandler::kRequestCounts},
    };
    for (const auto& each : cases) {
        const RouteChoice choice = choose_route(each.method, each.path);
        EXPECT_EQ(choice.kind, Kind::kServe) << each.path;
        EXPECT_EQ(choice.handler, each.handler) << each.path;
    }
}

TEST(RouteTable, AnswersOptionsOnEveryPath) {
    for (const char* path :
         {"/write", "/api/v2/write", "/query", "/api/v2/query", "/api/v2/setup", "/ping", "/status",
          "/health", "/ready", "/-/healthy", "/-/ready", "/metrics", "/debug/vars",
          "/debug/requests", "/nothing", "/", "/api/v2/nothing"}) {
        EXPECT_EQ(choose_route(Method::kOptions, path).kind, Kind::kOptions) << path;
    }
}

TEST(RouteTable, NamesTheMethodsThatAPathTakes) {
    const struct {
        Method method;
        const char* path;
        const char* allow;
    } cases[] = {
        {Method::kGet, "/write", "OPTIONS, POST"},
        {Method::kGet, "/api/v2/write", "OPTIONS, POST"},
        {Method::kHead, "/query", "GET, OPTIONS, POST"},
        {Method::kPost, "/ping", "GET, HEAD, OPTIONS"},
        {Method::kPost, "/metrics", "GET, HEAD, OPTIONS"},
        {Method::kGet, "/api/v2/query", "OPTIONS, POST"},
    };
    for (const auto& each : cases) {
        const RouteChoice choice = choose_route(each.method, each.path);
        EXPECT_EQ(choice.kind, Kind::kMethodNotAllowed) << each.path;
        EXPECT_EQ(choice.allow, each.allow) << each.path;
    }
}

TEST(RouteTable, RefusesUnknownPathsInTheShapeOfTheirApi) {
    for (const char* path :
         {"", "/", "/Write", "/write/", "/queries", "/api/v2", "/debug", "/metrics2", "//write"}) {
        EXPECT_EQ(choose_route(Method::kGet, path).kind, Kind::kNotFound) << path;
        EXPECT_EQ(choose_route(Method::kPost, path).kind, Kind::kNotFound) << path;
    }
    for (const char* path : {"/api/v2/", "/api/v2/tasks", "/api/v2/write/"}) {
        EXPECT_EQ(choose_route(Method::kPost, path).kind, Kind::kPlatformNotFound) << path;
    }
}

TEST(RouteTable, KnowsThePathsOf2x) {
    EXPECT_TRUE(is_platform_path("/api/v2/write"));
    EXPECT_FALSE(is_platform_path("/api/v2"));
    EXPECT_FALSE(is_platform_path("/write"));
}

TEST(RouteTable, WhoIsServed) {
    const auto audience = [](RouteHandler handler, bool auth, bool ping, bool pprof,
                             PlatformEndpoint endpoint = PlatformEndpoint::kBuckets) {
        Config::Http config;
        config.auth_enabled = auth;
        config.ping_auth_enabled = ping;
        config.pprof_auth_enabled = pprof;
        RouteChoice choice;
        choice.handler = handler;
        choice.platform.endpoint = endpoint;
        return audience_of(choice, config);
    };
    // By default, with authentication, and with each of the others beside it.
    const struct {
        RouteHandler handler;
        Audience with_auth;
        Audience with_ping;
        Audience with_pprof;
    } cases[] = {
        {RouteHandler::kWriteV1, Audience::kUsers, Audience::kUsers, Audience::kUsers},
        {RouteHandler::kWriteV2, Audience::kUsers, Audience::kUsers, Audience::kUsers},
        {RouteHandler::kQuery, Audience::kUsers, Audience::kUsers, Audience::kUsers},
        {RouteHandler::kPing, Audience::kEverybody, Audience::kUsers, Audience::kEverybody},
        {RouteHandler::kStatus, Audience::kEverybody, Audience::kUsers, Audience::kEverybody},
        {RouteHandler::kMetrics, Audience::kEverybody, Audience::kUsers, Audience::kEverybody},
        {RouteHandler::kVariables, Audience::kEverybody, Audience::kEverybody, Audience::kAdmins},
        {RouteHandler::kRequestCounts, Audience::kEverybody, Audience::kEverybody,
         Audience::kAdmins},
        {RouteHandler::kHealth, Audience::kEverybody, Audience::kEverybody, Audience::kEverybody},
        {RouteHandler::kReady, Audience::kEverybody, Audience::kEverybody, Audience::kEverybody},
        {RouteHandler::kAlive, Audience::kEverybody, Audience::kEverybody, Audience::kEverybody},
        {RouteHandler::kTakingRequests, Audience::kEverybody, Audience::kEverybody,
         Audience::kEverybody},
        {RouteHandler::kQueryV2, Audience::kUsers, Audience::kUsers, Audience::kUsers},
        {RouteHandler::kPlatform, Audience::kUsers, Audience::kUsers, Audience::kUsers},
    };
    for (const auto& each : cases) {
        const int number = static_cast<int>(each.handler);
        EXPECT_EQ(audience(each.handler, false, true, true), Audience::kEverybody) << number;
        EXPECT_EQ(audience(each.handler, true, false, false), each.with_auth) << number;
        EXPECT_EQ(audience(each.handler, true, true, false), each.with_ping) << number;
        EXPECT_EQ(audience(each.handler, true, false, true), each.with_pprof) << number;
    }
    for (const PlatformEndpoint each :
         {PlatformEndpoint::kSetup, PlatformEndpoint::kSignIn, PlatformEndpoint::kSignOut}) {
        EXPECT_EQ(audience(RouteHandler::kPlatform, true, true, true, each), Audience::kEverybody);
    }
}

}  // namespace
}  // namespace sluice::server
