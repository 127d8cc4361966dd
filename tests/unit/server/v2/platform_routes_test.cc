// Paths of the 2.x API.
#include "server/v2/platform_routes.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

using http::Method;
using Kind = PlatformMatch::Kind;

TEST(PlatformRoutes, FindEndpointsAndIds) {
    const struct {
        Method method;
        const char* path;
        PlatformEndpoint endpoint;
        const char* id;
    } cases[] = {
        {Method::kGet, "/api/v2/setup", PlatformEndpoint::kSetup, ""},
        {Method::kGet, "/api/v2/buckets", PlatformEndpoint::kBuckets, ""},
        {Method::kPatch, "/api/v2/buckets/12", PlatformEndpoint::kBucket, "12"},
        {Method::kGet, "/api/v2/buckets/12/labels", PlatformEndpoint::kBucketLabels, "12"},
        {Method::kGet, "/api/v2/orgs/12/owners", PlatformEndpoint::kOrganizationPeople, "12"},
        {Method::kDelete, "/api/v2/authorizations/12", PlatformEndpoint::kAuthorization, "12"},
        {Method::kPost, "/api/v2/users/12/password", PlatformEndpoint::kPassword, "12"},
        {Method::kPut, "/api/v2/me/password", PlatformEndpoint::kMyPassword, ""},
        {Method::kOptions, "/api/v2/delete", PlatformEndpoint::kDelete, ""},
    };
    for (const auto& each : cases) {
        const PlatformMatch match = find_platform_route(each.method, each.path);
        EXPECT_EQ(match.kind, Kind::kFound) << each.path;
        EXPECT_EQ(match.endpoint, each.endpoint) << each.path;
        EXPECT_EQ(match.id, each.id) << each.path;
    }
}

TEST(PlatformRoutes, NameTheMethodsOfAPath) {
    EXPECT_EQ(find_platform_route(Method::kPut, "/api/v2/buckets").kind, Kind::kMethodNotAllowed);
    EXPECT_EQ(find_platform_route(Method::kPut, "/api/v2/buckets").allow, "GET, OPTIONS, POST");
    EXPECT_EQ(find_platform_route(Method::kGet, "/api/v2/delete").allow, "OPTIONS, POST");
}

TEST(PlatformRoutes, DoNotFindWhatIsNotThere) {
    for (const char* path : {"/api/v2/", "/api/v2/nothing", "/api/v2/buckets/", "/api/v2/buckets//",
                             "/api/v2/buckets/1/", "/api/v2/buckets/1/2", "/api/v2/buckets//labels",
                             "/api/v2/bucket", "/buckets", "/api/v2/setup/1"}) {
        EXPECT_EQ(find_platform_route(Method::kGet, path).kind, Kind::kNotFound) << path;
    }
}

}  // namespace
}  // namespace sluice::server
