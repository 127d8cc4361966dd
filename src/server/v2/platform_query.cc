#include "server/v2/platform_query.h"

#include <optional>
#include <string>

#include "server/http/answers.h"
#include "server/query/query_handler.h"
#include "server/v2/handlers.h"
#include "server/v2/platform_bodies.h"
#include "server/v2/platform_call.h"
#include "sluice/http/url.h"
#include "sluice/meta/bucket.h"

namespace sluice::server {
namespace {

constexpr std::string_view kInfluxQl = "application/vnd.influxql";
constexpr std::string_view kNoFlux =
    "Flux is not supported; send InfluxQL as application/vnd.influxql or to /query";

bool is_type(std::string_view content_type, std::string_view type) {
    return http::equals_ignoring_case(content_type.substr(0, content_type.find(';')), type);
}

// What is asked, from a body of JSON or of InfluxQL alone. kUnsupported: Flux.
Result<QueryBody> read_query(std::string_view content_type, std::string_view text) {
    const Error no_flux{ErrorKind::kUnsupported, std::string(kNoFlux)};
    if (is_type(content_type, kInfluxQl))
        return QueryBody{std::string(text), "influxql", "", "", ""};
    if (!is_type(content_type, "application/json")) return no_flux;
    SLUICE_TRY(QueryBody body, read_query_body(text));
    if (body.type != "influxql") return no_flux;
    return body;
}

// Puts the database and policy of the bucket that the target or the body names into `body`.
Result<void> resolve_bucket(PlatformCall& call, QueryBody& body) {
    if (body.bucket.empty()) body.bucket = call.parameter("bucket");
    if (body.database.empty()) body.database = call.parameter("db");
    if (body.policy.empty()) body.policy = call.parameter("rp");
    if (body.bucket.empty()) return {};
    const auto id = meta::parse_id(body.bucket);
    std::optional<meta::Bucket> bucket;
    if (id) bucket = meta::find_bucket(call.catalog(), *id);
    if (!bucket) bucket = meta::find_bucket_named(call.catalog(), body.bucket);
    if (!bucket) return Error{ErrorKind::kNotFound, "bucket \"" + body.bucket + "\" not found"};
    body.database = bucket->database->name;
    body.policy = bucket->policy->name;
    return {};
}

}  // namespace

io::Task<void> handle_platform_query(Connection& connection) {
    const PlatformMatch none;
    PlatformCall call(connection, none);
    connection.services().metrics.queries.add();
    const std::string content_type(connection.request().content_type);
    const std::optional<std::string> text = co_await call.read_body();
    if (!text) co_return;
    Result<QueryBody> body = read_query(content_type, *text);
    if (!body.ok()) co_return call.answer(body.error());
    if (!organization_fits(call, call.parameter("org"), call.parameter("orgID"))) co_return;
    const Result<void> resolved = resolve_bucket(call, *body);
    if (!resolved.ok()) co_return call.answer(resolved.error());
    http::Parameters parameters;
    parameters.add("q", body->text);
    parameters.add("db", body->database);
    parameters.add("rp", body->policy);
    for (const std::string_view name : {"epoch", "chunked", "chunk_size", "params"}) {
        parameters.add(name, call.parameter(name));
    }
    io::Task<void> answering = answer_query(connection, parameters, ErrorShape::kPlatform);
    co_await answering;
}

}  // namespace sluice::server
