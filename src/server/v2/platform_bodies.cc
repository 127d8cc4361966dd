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

using Object = JsonBody::Object;

// ---- members: each take() puts one of an object into its place ----

Result<void> take(const Object& object, std::string_view name, std::optional<std::string>& into) {
    SLUICE_TRY(into, object.text(name));
    return {};
}

// A text that may be absent, which is the same as empty.
Result<void> take(const Object& object, std::string_view name, std::string& into) {
    SLUICE_TRY(std::optional<std::string> text, object.text(name));
    into = std::move(text).value_or(std::string());
    return {};
}

Result<void> take(const Object& object, std::string_view name, std::optional<bool>& into) {
    SLUICE_TRY(into, object.boolean(name));
    return {};
}

Result<void> take_seconds(const Object& object, std::string_view name, std::int64_t& into) {
    SLUICE_TRY(const std::optional<std::int64_t> seconds, object.integer(name));
    into = seconds.value_or(0);
    if (into < 0 || into > kSecondsMax) {
        return invalid("\"" + std::string(name) + "\" is out of range");
    }
    return {};
}

Result<void> take_status(const Object& object, std::string_view name, std::optional<bool>& into) {
    SLUICE_TRY(const std::optional<std::string> status, object.text(name));
    if (!status || status->empty()) return {};
    if (*status != "active" && *status != "inactive") {
        return invalid("invalid status: must be active or inactive");
    }
    into = *status == "active";
    return {};
}

Result<void> take_time(const Object& object, std::string_view name, std::int64_t& into) {
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
    if (time->seconds <= INT64_MIN / kNsPerS) {
        into = model::kTimestampMin;
    } else if (time->seconds >= INT64_MAX / kNsPerS) {
        into = model::kTimestampMax;
    } else {
        into = influxql::to_nanoseconds(*time);
    }
    return {};
}

// ---- whole objects: their members in order, until one is wrong ----

// Says which member of an object goes to which of `Body`, and how it is read.
template <typename Body, typename Value>
auto member(std::string_view name, Value Body::*place,
            Result<void> (*read)(const Object&, std::string_view, Value&) = &take) {
    return [name, place, read](const Object& object, Body& body) {
        return read(object, name, body.*place);
    };
}

template <typename Body, typename... Members>
Result<Body> read_object(const Object& object, Members... members) {
    Body body;
    Result<void> done;
    static_cast<void>(((done = members(object, body), done.ok()) && ...));
    if (!done.ok()) return done.error();
    return body;
}

template <typename Body, typename... Members>
Result<Body> read_json(std::string_view text, Members... members) {
    SLUICE_TRY(const JsonBody json, JsonBody::parse(text));
    return read_object<Body>(json.root(), members...);
}

Result<RetentionRule> read_rule(const Object& object) {
    std::string type;
    SLUICE_TRY_VOID(take(object, "type", type));
    if (!type.empty() && type != "expire") return invalid("a retention rule is of type expire");
    return read_object<RetentionRule>(
        object, member("everySeconds", &RetentionRule::every_seconds, &take_seconds),
        member("shardGroupDurationSeconds", &RetentionRule::shard_group_seconds, &take_seconds));
}

// The rules are a list for historical reasons; InfluxDB takes one at most.
Result<void> take_rules(const Object& object, std::string_view name,
                        std::optional<RetentionRule>& into) {
    std::vector<RetentionRule> rules;
    const auto add = [&rules](const Object& each) -> Result<void> {
        SLUICE_TRY(const RetentionRule rule, read_rule(each));
        rules.push_back(rule);
        return {};
    };
    SLUICE_TRY(const bool is_there, object.for_each(name, add));
    if (rules.size() > 1) return invalid("at most one retention rule is allowed");
    if (is_there) into = rules.empty() ? RetentionRule() : rules.front();
    return {};
}

Result<void> take_privilege(const Object& object, std::string_view name, meta::Privilege& into) {
    std::string action;
    SLUICE_TRY_VOID(take(object, name, action));
    if (action != "read" && action != "write") {
        return invalid("unknown action \"" + action + "\": a permission is read or write");
    }
    into = action == "read" ? meta::Privilege::kRead : meta::Privilege::kWrite;
    return {};
}

Result<void> take_resource_type(const Object& object, std::string_view name, std::string& into) {
    SLUICE_TRY_VOID(take(object, name, into));
    if (into.empty() || into.size() > 64) {
        return invalid("a permission needs a resource with a type");
    }
    return {};
}

Result<PermissionBody> read_permission(const Object& object) {
    meta::Privilege privilege = meta::Privilege::kRead;
    SLUICE_TRY_VOID(take_privilege(object, "action", privilege));
    SLUICE_TRY(const Object resource, object.object("resource"));
    SLUICE_TRY(PermissionBody permission,
               read_object<PermissionBody>(
                   resource, member("type", &PermissionBody::type, &take_resource_type),
                   member("id", &PermissionBody::id), member("name", &PermissionBody::name),
                   member("orgID", &PermissionBody::organization_id),
                   member("org", &PermissionBody::organization)));
    permission.privilege = privilege;
    return permission;
}

Result<void> take_permissions(const Object& object, std::string_view name,
                              std::vector<PermissionBody>& into) {
    const auto add = [&into](const Object& each) -> Result<void> {
        constexpr std::size_t kPermissionsMax = 10'000;
        if (into.size() == kPermissionsMax) return invalid("too many permissions");
        SLUICE_TRY(PermissionBody permission, read_permission(each));
        into.push_back(std::move(permission));
        return {};
    };
    SLUICE_TRY(const bool is_there, object.for_each(name, add));
    static_cast<void>(is_there);  // a token that is altered keeps its permissions
    return {};
}

// The characters of a token that every way to show one can carry (credentials.h).
bool is_token(std::string_view text) {
    constexpr std::size_t kTokenBytesMax = 1024;
    return text.size() <= kTokenBytesMax &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F' && c != ':'; });
}

Result<void> take_token(const Object& object, std::string_view name, std::string& into) {
    SLUICE_TRY_VOID(take(object, name, into));
    if (!is_token(into)) {
        return invalid(
            "a token is of at most 1024 printable characters, without blanks and colons");
    }
    return {};
}

// Seconds count before the hours of older clients.
Result<void> take_retention(const Object& object, std::string_view name, RetentionRule& into) {
    std::int64_t hours = 0;
    SLUICE_TRY_VOID(take_seconds(object, "retentionPeriodHrs", hours));
    SLUICE_TRY_VOID(take_seconds(object, name, into.every_seconds));
    if (hours > kSecondsMax / 3600) return invalid("\"retentionPeriodHrs\" is out of range");
    if (into.every_seconds == 0) into.every_seconds = hours * 3600;
    return {};
}

}  // namespace

Result<BucketBody> read_bucket_body(std::string_view text) {
    return read_json<BucketBody>(text, member("name", &BucketBody::name),
                                 member("description", &BucketBody::description),
                                 member("orgID", &BucketBody::organization_id),
                                 member("retentionRules", &BucketBody::retention, &take_rules));
}

Result<TokenBody> read_token_body(std::string_view text) {
    return read_json<TokenBody>(text, member("orgID", &TokenBody::organization_id),
                                member("userID", &TokenBody::user_id),
                                member("description", &TokenBody::description),
                                member("status", &TokenBody::is_active, &take_status),
                                member("permissions", &TokenBody::permissions, &take_permissions));
}

Result<SetupBody> read_setup_body(std::string_view text) {
    return read_json<SetupBody>(
        text, member("username", &SetupBody::user), member("password", &SetupBody::password),
        member("org", &SetupBody::organization), member("bucket", &SetupBody::bucket),
        member("token", &SetupBody::token, &take_token),
        member("retentionPeriodSeconds", &SetupBody::retention, &take_retention));
}

Result<NameBody> read_name_body(std::string_view text) {
    return read_json<NameBody>(text, member("name", &NameBody::name),
                               member("description", &NameBody::description),
                               member("status", &NameBody::is_active, &take_status));
}

Result<PasswordBody> read_password_body(std::string_view text) {
    return read_json<PasswordBody>(text, member("password", &PasswordBody::password));
}

Result<MappingBody> read_mapping_body(std::string_view text) {
    return read_json<MappingBody>(text, member("bucketID", &MappingBody::bucket_id),
                                  member("database", &MappingBody::database),
                                  member("retention_policy", &MappingBody::policy),
                                  member("default", &MappingBody::is_default));
}

Result<DeleteBody> read_delete_body(std::string_view text) {
    return read_json<DeleteBody>(text, member("start", &DeleteBody::start_ns, &take_time),
                                 member("stop", &DeleteBody::stop_ns, &take_time),
                                 member("predicate", &DeleteBody::predicate));
}

Result<QueryBody> read_query_body(std::string_view text) {
    SLUICE_TRY(
        QueryBody body,
        read_json<QueryBody>(text, member("query", &QueryBody::text),
                             member("type", &QueryBody::type), member("bucket", &QueryBody::bucket),
                             member("db", &QueryBody::database), member("rp", &QueryBody::policy)));
    if (body.type.empty()) body.type = "flux";
    return body;
}

}  // namespace sluice::server
