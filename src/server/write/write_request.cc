// Which database, policy or bucket a write is for, and the errors that need no body.
#include "server/write/write_request.h"

#include <string>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/services/organization.h"
#include "server/write/write_answers.h"
#include "server/write/write_limits.h"
#include "server/write/write_precision.h"
#include "sluice/base/go_text.h"
#include "sluice/meta/bucket.h"
#include "sluice/model/errors.h"

namespace sluice::server {

namespace {

// Whether the user may write there, where users are asked for; where not, that has been answered. A
// database that is not there is for the caller to name.
bool may_write(Connection& connection, const WriteRequest& request, const meta::Catalog& catalog) {
    if (!connection.services().config().http.auth_enabled) [[likely]]
        return true;
    if (catalog.find_database(request.database) == nullptr) return true;
    const meta::Principal principal = connection.principal(catalog);
    if (principal.may(meta::Privilege::kWrite, request.database, request.policy)) return true;
    if (request.api == WriteApi::kV2) {
        answer_platform_error(connection, 403, "insufficient permissions for write");
        return false;
    }
    const std::string database = quote_go(request.database);
    refuse(connection, 403,
           principal.is_somebody() ? quote_go(principal.name()) +
                                         " user is not authorized to write to database " + database
                                   : "user is required to write to database " + database);
    return false;
}

// Finds organisation and bucket of a write by 2.x; where they are not there, that has been
// answered. An id counts before a name.
// A bucket's name may look like an id, so the id counts only if there is such a bucket.
bool find_bucket(Connection& connection, WriteRequest& request, const meta::Catalog& catalog) {
    const http::Parameters& parameters = connection.parameters();
    request.bucket = parameters.get("bucket");
    if (request.bucket.empty()) {
        answer_platform_error(connection, 404, "bucket not found");
        return false;
    }
    const auto refusal = check_organization(
        organization_name(catalog, connection.services().config().http.organization),
        parameters.get("org"), parameters.get("orgID"));
    if (refusal) {
        answer_platform_error(connection, refusal->status, refusal->message);
        return false;
    }
    meta::BucketName name = meta::split_bucket_name(request.bucket);
    if (const auto id = meta::parse_id(request.bucket)) {
        if (const auto bucket = meta::find_bucket(catalog, *id)) {
            request.bucket_name = bucket->database->name + "/" + bucket->policy->name;
            name = meta::split_bucket_name(request.bucket_name);
        }
    }
    request.database = name.database;
    request.policy = name.policy;
    // Whether there is such a policy is said to those who may write to the database.
    if (catalog.find_database(name.database) != nullptr) return true;
    answer_platform_error(connection, 404,
                          "bucket \"" + std::string(request.bucket) + "\" not found");
    return false;
}

}  // namespace

bool understand(Connection& connection, WriteRequest& request) {
    const http::Parameters& parameters = connection.parameters();
    const std::string_view unit = parameters.get("precision");
    const meta::Catalog& catalog = *connection.services().core.catalog();
    request.gzip = http::is_gzip(connection.request().content_encoding);
    request.body_bytes_max = body_bytes_max(connection.services().config(), request.api,
                                            connection.services().core.admission().bytes_max());
    if (request.api == WriteApi::kV2) {
        const auto precision = v2_precision(unit);
        if (!precision) {
            answer_platform_error(connection, 400,
                                  "invalid precision; valid precision units are ns, us, ms, and s");
            return false;
        }
        request.precision = *precision;
        return find_bucket(connection, request, catalog) && may_write(connection, request, catalog);
    }
    const auto precision = v1_precision(unit);
    if (!precision) {
        refuse(connection, 400,
               "invalid precision " + quote_go(unit) + " (use n, u, ms, s, m or h)");
        return false;
    }
    request.precision = *precision;
    return understand_database(connection, request);
}

bool understand_database(Connection& connection, WriteRequest& request) {
    const http::Parameters& parameters = connection.parameters();
    const meta::Catalog& catalog = *connection.services().core.catalog();
    request.database = parameters.get("db");
    request.policy = parameters.get("rp");
    if (request.database.empty()) {
        refuse(connection, 400, "database is required");
        return false;
    }
    if (catalog.find_database(request.database) == nullptr) {
        refuse(connection, 404, model::database_not_found(quote_go(request.database)).message);
        return false;
    }
    return may_write(connection, request, catalog);
}

}  // namespace sluice::server
