#include "sluice/http/router.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

constexpr Route kRoutes[] = {
    {"/write", kPostOptions, 1},
    {"/query", kGetPostOptions, 2},
    {"/ping", kGetHeadOptions, 3},
};

TEST(FindRoute, TellsMissingPathsFromWrongMethods) {
    EXPECT_EQ(find_route(kRoutes, Method::kPost, "/write").route->handler, 1);
    EXPECT_EQ(find_route(kRoutes, Method::kHead, "/ping").route->handler, 3);
    const RouteMatch wrong = find_route(kRoutes, Method::kHead, "/query");
    EXPECT_EQ(wrong.kind, RouteMatch::Kind::kMethodNotAllowed);
    EXPECT_EQ(wrong.route->methods.allow, "GET, OPTIONS, POST");
    EXPECT_EQ(find_route(kRoutes, Method::kOther, "/ping").kind,
              RouteMatch::Kind::kMethodNotAllowed);
    for (const char* path : {"/", "", "/writ", "/write/", "/Write"}) {
        EXPECT_EQ(find_route(kRoutes, Method::kPost, path).kind, RouteMatch::Kind::kNotFound);
    }
}

}  // namespace
}  // namespace sluice::http
