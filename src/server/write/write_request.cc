// Which database, policy or bucket a write is for, and the errors that need no body.
#include "server/write/write_request.h"

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/write/write_answers.h"
#include "server/write/write_limits.h"
#include "server/write/write_precision.h"
#include "sluice/influxql/go_text.h"
#include "sluice/model/errors.h"

namespace sluice::server {

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
        return true;
    }
    const auto precision = v1_precision(unit);
    if (!precision) {
        refuse(connection, 400,
               "invalid precision " + influxql::quote_go(unit) + " (use n, u, ms, s, m or h)");
        return false;
    }
    request.precision = *precision;
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
    return true;
}

}  // namespace sluice::server
