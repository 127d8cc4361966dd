// Which database, policy or bucket a write is for, and the errors that need no body.
#include "server/write/write_request.h"

#include <string>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/write/write_answers.h"
#include "server/write/write_limits.h"
#include "server/write/write_precision.h"
#include "sluice/influxql/go_text.h"
#include "sluice/model/errors.h"

namespace sluice::server {

namespace {

// Whether the user may write there, where users are asked for; where not, that has been answered. A
// database that is not there is for the caller to name.
bool may_write(Connection& connection, const WriteRequest& request, const meta::Catalog& catalog) {
    if (!connection.services().config().http.auth_enabled) [[likely]]
        return true;
    if (catalog.find_database(request.database) == nullptr) return true;
    const meta::User* const user =
        connection.user().empty() ? nullptr : catalog.find_user(connection.user());
    if (user != nullptr && user->may(meta::Privilege::kWrite, request.database)) return true;
    if (request.api == WriteApi::kV2) {
        answer_platform_error(connection, 403, "insufficient permissions for write");
        return false;
    }
    const std::string database = influxql::quote_go(request.database);
    refuse(connection, 403,
           user == nullptr ? "user is required to write to database " + database
                           : influxql::quote_go(user->name) +
                                 " user is not authorized to write to database " + database);
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
        request.bucket = parameters.get("bucket");
        const std::size_t slash = request.bucket.find('/');
        request.database = request.bucket.substr(0, slash);
        if (slash != request.bucket.npos) request.policy = request.bucket.substr(slash + 1);
        if (request.bucket.empty()) {
            answer_platform_error(connection, 404, "bucket not found");
            return false;
        }
        return may_write(connection, request, catalog);
    }
    const auto precision = v1_precision(unit);
    if (!precision) {
        refuse(connection, 400,
               "invalid precision " + influxql::quote_go(unit) + " (use n, u, ms, s, m or h)");
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
        refuse(connection, 404,
               model::database_not_found(influxql::quote_go(request.database)).message);
        return false;
    }
    return may_write(connection, request, catalog);
}

}  // namespace sluice::server
