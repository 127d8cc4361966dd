#include "server/v2/platform_bodies.h"

#include <algorithm>

#include "server/v2/json_body.h"
#include "sluice/influxql/time_literal.h"
#include "sluice/model/timestamp.h"

namespace sluice::server {
namespace {

// 292 years: what a duration in nanoseconds can say.
constexpr std::int64_t kSecondsMax = 9'223'372'036;

Error invalid(std::string message) {
    return {ErrorKind::kInvalid, std::move(message)};
}

// A text that may be absent, which is the same as empty.
Result<std::string> text_or_empty(const JsonBody::Object& object, std::string_view name) {
    SLUICE_TRY(std::optional<std::string> text, object.text(name));
    return std::move(text).value_or(std::string());
}

Result<std::int64_t> seconds_or_zero(const JsonBody::Object& object, std::string_view name) {
    SLUICE_TRY(const std::optional<std::int64_t> seconds, object.integer(name));
    const std::int64_t value = seconds.value_or(0);
    if (value < 0 || value > kSecondsMax) {
        return invalid("\"" + std::string(name) + "\" is out of range");
    }
    return value;
}

Result<std::optional<bool>> read_status(const JsonBody::Object& object) {
    SLUICE_TRY(const std::optional<std::string> status, object.text("status"));
    if (!status || status->empty()) return std::optional<bool>();
    if (*status != "active" && *status != "inactive") {
        return invalid("invalid status: must be active or inactive");
    }
    return std::optional<bool>(*status == "active");
}

// The rules are a list for historical reasons; InfluxDB takes one at most.
Result<std::optional<RetentionRule>> read_rules(const JsonBody::Object& object) {
    std::vector<RetentionRule> rules;
    const auto read_rule = [&rules](const JsonBody::Object& each) -> Result<void> {
        SLUICE_TRY(const std::string type, text_or_empty(each, "type"));
        if (!type.empty() && type != "expire") return invalid("a retention rule is of type expire");
        RetentionRule rule;
        SLUICE_TRY(rule.every_seconds, seconds_or_zero(each, "everySeconds"));
        SLUICE_TRY(rule.shard_group_seconds, seconds_or_zero(each, "shardGroupDurationSeconds"));
        rules.push_back(rule);
        return {};
    };
    SLUICE_TRY(const bool is_there, object.for_each("retentionRules", read_rule));
    if (rules.size() > 1) return invalid("at most one retention rule is allowed");
    if (!is_there) return std::optional<RetentionRule>();
    return std::optional<RetentionRule>(rules.empty() ? RetentionRule() : rules.front());
}

Result<PermissionBody> read_permission(const JsonBody::Object& object) {
    PermissionBody permission;
    SLUICE_TRY(const std::string action, text_or_empty(object, "action"));
    if (action != "read" && action != "write") {
        return invalid("unknown action \"" + action + "\": a permission is read or write");
    }
    permission.privilege = action == "read" ? meta::Privilege::kRead : meta::Privilege::kWrite;
    SLUICE_TRY(const JsonBody::Object resource, object.object("resource"));
    SLUICE_TRY(permission.type, text_or_empty(resource, "type"));
    if (permission.type.empty() || permission.type.size() > 64) {
        return invalid("a permission needs a resource with a type");
    }
    SLUICE_TRY(permission.id, text_or_empty(resource, "id"));
    SLUICE_TRY(permission.name, text_or_empty(resource, "name"));
    SLUICE_TRY(permission.organization_id, text_or_empty(resource, "orgID"));
    SLUICE_TRY(permission.organization, text_or_empty(resource, "org"));
    return permission;
}

Result<std::int64_t> read_time(const JsonBody::Object& object, std::string_view name) {
    SLUICE_TRY(const std::optional<std::string> text, object.text(name));
    if (!text || text->empty()) {
        return invalid("invalid request; error parsing request json: invalid RFC3339 for field " +
                       std::string(name) + ", please format your time with RFC3339");
    }
    const auto time =
        text->find('T') == text->npos ? std::nullopt : influxql::parse_time_literal(*text);
    if (!time) {
        return invalid(
            "invalid request; error parsing request json: invalid RFC3339Nano for field " +
            std::string(name) +
            ", please format your time with RFC3339Nano format, example: "
            "2009-01-02T23:00:00Z");
    }
    // Clients mean "everything" by the year 1.
    constexpr std::int64_t kNsPerS = 1'000'000'000;
    if (time->seconds <= INT64_MIN / kNsPerS) return model::kTimestampMin;
    if (time->seconds >= INT64_MAX / kNsPerS) return model::kTimestampMax;
    return influxql::to_nanoseconds(*time);
}

}  // namespace

Result<BucketBody> read_bucket_body(std::string_view text) {
    SLUICE_TRY(const JsonBody json, JsonBody::parse(text));
    BucketBody body;
    SLUICE_TRY(body.name, json.root().text("name"));
    SLUICE_TRY(body.description, json.root().text("description"));
    SLUICE_TRY(body.organization_id, text_or_empty(json.root(), "orgID"));
    SLUICE_TRY(body.retention, read_rules(json.root()));
    return body;
}

Result<TokenBody> read_token_body(std::string_view text) {
    SLUICE_TRY(const JsonBody json, JsonBody::parse(text));
    TokenBody body;
    SLUICE_TRY(body.organization_id, text_or_empty(json.root(), "orgID"));
    SLUICE_TRY(body.user_id, text_or_empty(json.root(), "userID"));
    SLUICE_TRY(body.description, json.root().text("description"));
    SLUICE_TRY(body.is_active, read_status(json.root()));
    const auto add = [&body](const JsonBody::Object& object) -> Result<void> {
        constexpr std::size_t kPermissionsMax = 10'000;
        if (body.permissions.size() == kPermissionsMax) return invalid("too many permissions");
        SLUICE_TRY(PermissionBody permission, read_permission(object));
        body.permissions.push_back(std::move(permission));
        return {};
    };
    SLUICE_TRY(const bool is_there, json.root().for_each("permissions", add));
    static_cast<void>(is_there);
    return body;
}

namespace {

// The characters of a token that every way to show one can carry (credentials.h).
bool is_token(std::string_view text) {
    constexpr std::size_t kTokenBytesMax = 1024;
    return text.size() <= kTokenBytesMax &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F' && c != ':'; });
}

}  // namespace

Result<SetupBody> read_setup_body(std::string_view text) {
    SLUICE_TRY(const JsonBody json, JsonBody::parse(text));
    const JsonBody::Object& root = json.root();
    SetupBody body;
    SLUICE_TRY(body.user, text_or_empty(root, "username"));
    SLUICE_TRY(body.password, text_or_empty(root, "password"));
    SLUICE_TRY(body.organization, text_or_empty(root, "org"));
    SLUICE_TRY(body.bucket, text_or_empty(root, "bucket"));
    SLUICE_TRY(body.token, text_or_empty(root, "token"));
    SLUICE_TRY(const std::int64_t hours, seconds_or_zero(root, "retentionPeriodHrs"));
    SLUICE_TRY(body.retention.every_seconds, seconds_or_zero(root, "retentionPeriodSeconds"));
    if (!is_token(body.token)) {
        return invalid(
            "a token is of at most 1024 printable characters, without blanks and colons");
    }
    if (hours > kSecondsMax / 3600) return invalid("\"retentionPeriodHrs\" is out of range");
    if (body.retention.every_seconds == 0) body.retention.every_seconds = hours * 3600;
    return body;
}

Result<NameBody> read_name_body(std::string_view text) {
    SLUICE_TRY(const JsonBody json, JsonBody::parse(text));
    NameBody body;
    SLUICE_TRY(body.name, json.root().text("name"));
    SLUICE_TRY(body.description, json.root().text("description"));
    SLUICE_TRY(body.is_active, read_status(json.root()));
    return body;
}

Result<std::string> read_password_body(std::string_view text) {
    SLUICE_TRY(const JsonBody json, JsonBody::parse(text));
    return text_or_empty(json.root(), "password");
}

Result<MappingBody> read_mapping_body(std::string_view text) {
    SLUICE_TRY(const JsonBody json, JsonBody::parse(text));
    MappingBody body;
    SLUICE_TRY(body.bucket_id, text_or_empty(json.root(), "bucketID"));
    SLUICE_TRY(body.database, text_or_empty(json.root(), "database"));
    SLUICE_TRY(body.policy, text_or_empty(json.root(), "retention_policy"));
    SLUICE_TRY(body.is_default, json.root().boolean("default"));
    return body;
}

Result<DeleteBody> read_delete_body(std::string_view text) {
    SLUICE_TRY(const JsonBody json, JsonBody::parse(text));
    DeleteBody body;
    SLUICE_TRY(body.start_ns, read_time(json.root(), "start"));
    SLUICE_TRY(body.stop_ns, read_time(json.root(), "stop"));
    SLUICE_TRY(body.predicate, text_or_empty(json.root(), "predicate"));
    return body;
}

Result<QueryBody> read_query_body(std::string_view text) {
    SLUICE_TRY(const JsonBody json, JsonBody::parse(text));
    QueryBody body;
    SLUICE_TRY(body.text, text_or_empty(json.root(), "query"));
    SLUICE_TRY(body.type, text_or_empty(json.root(), "type"));
    if (body.type.empty()) body.type = "flux";
    SLUICE_TRY(body.bucket, text_or_empty(json.root(), "bucket"));
    SLUICE_TRY(body.database, text_or_empty(json.root(), "db"));
    SLUICE_TRY(body.policy, text_or_empty(json.root(), "rp"));
    return body;
}

}  // namespace sluice::server
