#include "server/v2/platform_routes.h"

namespace sluice::server {
namespace {

using http::Method;
using http::method_bit;
using http::MethodSet;

constexpr std::uint8_t bits(std::initializer_list<Method> methods) {
    unsigned set = method_bit(Method::kOptions);
    for (const Method each : methods) set |= method_bit(each);
    return static_cast<std::uint8_t>(set);
}
constexpr MethodSet kList{bits({Method::kGet, Method::kPost}), "GET, OPTIONS, POST"};
constexpr MethodSet kOne{bits({Method::kGet, Method::kPatch, Method::kDelete}),
                         "DELETE, GET, OPTIONS, PATCH"};
constexpr MethodSet kNamed{bits({Method::kGet, Method::kPatch}), "GET, OPTIONS, PATCH"};
constexpr MethodSet kRead{bits({Method::kGet}), "GET, OPTIONS"};
constexpr MethodSet kPost{bits({Method::kPost}), "OPTIONS, POST"};
constexpr MethodSet kSecret{bits({Method::kPost, Method::kPut}), "OPTIONS, POST, PUT"};

// `*` is one segment; where that is the first one of the pattern, it is the id.
constexpr struct {
    std::string_view pattern;
    MethodSet methods;
    PlatformEndpoint endpoint;
} kRoutes[] = {
    {"setup", kList, PlatformEndpoint::kSetup},
    {"signin", kPost, PlatformEndpoint::kSignIn},
    {"signout", kPost, PlatformEndpoint::kSignOut},
    {"me", kRead, PlatformEndpoint::kMe},
    {"me/password", kSecret, PlatformEndpoint::kMyPassword},
    {"users", kList, PlatformEndpoint::kUsers},
    {"users/*", kOne, PlatformEndpoint::kUser},
    {"users/*/password", kSecret, PlatformEndpoint::kPassword},
    {"orgs", kList, PlatformEndpoint::kOrganizations},
    {"orgs/*", kNamed, PlatformEndpoint::kOrganization},
    {"orgs/*/members", kRead, PlatformEndpoint::kOrganizationPeople},
    {"orgs/*/owners", kRead, PlatformEndpoint::kOrganizationPeople},
    {"buckets", kList, PlatformEndpoint::kBuckets},
    {"buckets/*", kOne, PlatformEndpoint::kBucket},
    {"buckets/*/labels", kRead, PlatformEndpoint::kBucketLabels},
    {"buckets/*/members", kRead, PlatformEndpoint::kBucketPeople},
    {"buckets/*/owners", kRead, PlatformEndpoint::kBucketPeople},
    {"authorizations", kList, PlatformEndpoint::kAuthorizations},
    {"authorizations/*", kOne, PlatformEndpoint::kAuthorization},
    {"dbrps", kList, PlatformEndpoint::kMappings},
    {"dbrps/*", kOne, PlatformEndpoint::kMapping},
    {"delete", kPost, PlatformEndpoint::kDelete},
};

constexpr std::string_view kPrefix = "/api/v2/";

// Takes the first segment off `path`.
std::string_view take_segment(std::string_view& path) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path = slash == path.npos ? std::string_view() : path.substr(slash + 1);
    return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::string_view& id) {
    if (path.ends_with('/')) return false;
    while (!pattern.empty() && !path.empty()) {
        const std::string_view expected = take_segment(pattern);
        const std::string_view segment = take_segment(path);
        if (expected == "*") {
            if (segment.empty()) return false;
            id = segment;
        } else if (expected != segment) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

}  // namespace

PlatformMatch find_platform_route(Method method, std::string_view path) {
    using Kind = PlatformMatch::Kind;
    if (!path.starts_with(kPrefix)) return {};
    path.remove_prefix(kPrefix.size());
    for (const auto& route : kRoutes) {
        std::string_view id;
        if (!matches(route.pattern, path, id)) continue;
        const bool is_known = (route.methods.bits & method_bit(method)) != 0;
        return {is_known ? Kind::kFound : Kind::kMethodNotAllowed, route.endpoint, id,
                route.methods.allow};
    }
    return {};
}

bool is_for_everybody(PlatformEndpoint endpoint) {
    return endpoint == PlatformEndpoint::kSetup || endpoint == PlatformEndpoint::kSignIn ||
           endpoint == PlatformEndpoint::kSignOut;
}

}  // namespace sluice::server
