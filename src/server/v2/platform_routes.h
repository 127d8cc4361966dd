// Which endpoint of the 2.x API a path below /api/v2/ belongs to, but for writes and queries.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/http/router.h"

namespace sluice::server {

enum class PlatformEndpoint : std::uint8_t {
    kSetup,
    kSignIn,
    kSignOut,
    kMe,
    kMyPassword,
    kUsers,
    kUser,
    kPassword,
    kOrganizations,
    kOrganization,
    kOrganizationPeople,
    kBuckets,
    kBucket,
    kBucketPeople,
    kBucketLabels,
    kAuthorizations,
    kAuthorization,
    kMappings,
    kMapping,
    kDelete,
};

struct PlatformMatch {
    enum class Kind : std::uint8_t { kFound, kNotFound, kMethodNotAllowed };
    Kind kind = Kind::kNotFound;
    PlatformEndpoint endpoint = PlatformEndpoint::kSetup;
    std::string_view id;     // what stands in the place of an id, as it came
    std::string_view allow;  // the methods that the path knows
};

// A match by OPTIONS is kFound for every path that is there. `path` outlives the match.
PlatformMatch find_platform_route(http::Method method, std::string_view path);

// Signing in and setting up are how credentials come into being, and signing out ends them.
bool is_for_everybody(PlatformEndpoint endpoint);

}  // namespace sluice::server
