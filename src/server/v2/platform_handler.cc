#include "server/v2/platform_handler.h"

#include "server/http/answers.h"
#include "server/v2/handlers.h"

namespace sluice::server {
namespace {

io::Task<void> serve(PlatformCall& call) {
    switch (call.endpoint()) {
        case PlatformEndpoint::kSetup:
            return handle_setup(call);
        case PlatformEndpoint::kSignIn:
        case PlatformEndpoint::kSignOut:
            return handle_sessions(call);
        case PlatformEndpoint::kMe:
        case PlatformEndpoint::kMyPassword:
        case PlatformEndpoint::kUsers:
        case PlatformEndpoint::kUser:
        case PlatformEndpoint::kPassword:
            return handle_users(call);
        case PlatformEndpoint::kOrganizations:
        case PlatformEndpoint::kOrganization:
        case PlatformEndpoint::kOrganizationPeople:
            return handle_organizations(call);
        case PlatformEndpoint::kBuckets:
        case PlatformEndpoint::kBucket:
        case PlatformEndpoint::kBucketPeople:
        case PlatformEndpoint::kBucketLabels:
            return handle_buckets(call);
        case PlatformEndpoint::kAuthorizations:
        case PlatformEndpoint::kAuthorization:
            return handle_authorizations(call);
        case PlatformEndpoint::kMappings:
        case PlatformEndpoint::kMapping:
            return handle_mappings(call);
        case PlatformEndpoint::kDelete:
            break;
    }
    return handle_delete(call);
}

}  // namespace

io::Task<void> handle_platform(Connection& connection, PlatformMatch match) {
    PlatformCall call(connection, match);
    // As long as there is neither an admin nor a token nobody can be asked, and so nobody may.
    const bool is_somebody = call.is_open() || call.principal().is_somebody();
    if (!is_somebody && !is_for_everybody(match.endpoint)) {
        answer_unauthorized(connection, true, "");
        co_return;
    }
    io::Task<void> serving = serve(call);
    co_await serving;
}

}  // namespace sluice::server
