#include "server/v2/documents.h"

#include "server/services/organization.h"
#include "sluice/base/bytes.h"
#include "sluice/base/units.h"
#include "sluice/http/url.h"

namespace sluice::server {

// A hash that nobody can aim at, so that no name can be chosen to have the id of another user. 0
// means "all" in permissions and is given to nobody.
std::uint64_t user_id_of(std::string_view name) {
    const std::uint64_t id = meta::token_prefix(meta::token_code_of("user/" + std::string(name)));
    return id == 0 ? 1 : id;
}

// Users are few, and this is asked by requests that manage them only.
const meta::User* find_user_by_id(const meta::Catalog& catalog, std::uint64_t id) {
    for (const auto& user : catalog.users) {
        if (user_id_of(user->name) == id) return user.get();
    }
    return nullptr;
}

void Documents::member(std::string_view name, std::string_view text) {
    json_.key(name);
    json_.string(text);
}

void Documents::self_link(std::string_view path) {
    json_.key("links");
    json_.begin_object();
    member("self", path);
    json_.end_object();
}

// A time that nobody knows is left out: InfluxDB's clients take a missing one for none, and 1970
// for a date.
void Documents::times(std::int64_t created_ns, std::int64_t updated_ns) {
    const auto one = [this](std::string_view name, std::int64_t time_ns) {
        if (time_ns == 0) return;
        std::string text;
        query::append_rfc3339(text, time_ns);
        member(name, text);
    };
    one("createdAt", created_ns);
    one("updatedAt", updated_ns);
}

// The lists behind the links of labels, members and owners are there, and empty.
void Documents::bucket(const meta::Bucket& bucket) {
    const std::string name = bucket.name();
    const std::string id = meta::id_text(bucket.policy->bucket_id);
    const std::string self = "/api/v2/buckets/" + id;
    json_.begin_object();
    member("id", id);
    member("orgID", meta::id_text(kOrganizationId));
    member("type", "user");
    const meta::BucketFacts& facts = bucket.policy->facts;
    if (!facts.description.empty()) member("description", facts.description);
    member("name", name);
    json_.key("retentionRules");
    json_.begin_array();
    json_.begin_object();
    member("type", "expire");
    json_.key("everySeconds");
    json_.integer(bucket.policy->duration_ns / kSecondNs);
    json_.key("shardGroupDurationSeconds");
    json_.integer(bucket.policy->shard_group_duration_ns / kSecondNs);
    json_.end_object();
    json_.end_array();
    times(facts.created_ns, facts.updated_ns);
    json_.key("links");
    json_.begin_object();
    member("labels", self + "/labels");
    member("members", self + "/members");
    member("org", "/api/v2/orgs/" + meta::id_text(kOrganizationId));
    member("owners", self + "/owners");
    member("self", self);
    member("write", "/api/v2/write?org=" + meta::id_text(kOrganizationId) + "&bucket=" + id);
    json_.end_object();
    json_.key("labels");
    json_.begin_array();
    json_.end_array();
    json_.end_object();
}

void Documents::organization(const meta::Catalog& catalog) {
    const std::string id = meta::id_text(kOrganizationId);
    const std::string self = "/api/v2/orgs/" + id;
    json_.begin_object();
    json_.key("links");
    json_.begin_object();
    member("buckets", "/api/v2/buckets?org=" + id);
    member("members", self + "/members");
    member("owners", self + "/owners");
    member("self", self);
    json_.end_object();
    member("id", id);
    member("name", organization_);
    member("description", catalog.organization.description);
    times(catalog.organization.created_ns, catalog.organization.updated_ns);
    json_.end_object();
}

void Documents::user(std::string_view name) {
    const std::string id = meta::id_text(user_id_of(name));
    json_.begin_object();
    self_link("/api/v2/users/" + id);
    member("id", id);
    member("name", name);
    member("status", "active");
    json_.end_object();
}

// A bucket's name is looked up each time, since it may have been dropped since the permission was
// given; then the id stands alone.
void Documents::permission(const meta::Catalog& catalog, const meta::Permission& permission) {
    json_.begin_object();
    member("action", permission.privilege == meta::Privilege::kRead ? "read" : "write");
    json_.key("resource");
    json_.begin_object();
    member("type", permission.type);
    if (permission.id != 0) member("id", meta::id_text(permission.id));
    if (permission.id != 0 && permission.type == meta::kBucketResource) {
        const auto bucket = meta::find_bucket(catalog, permission.id);
        if (bucket) member("name", bucket->name());
    }
    if (permission.type != "users" && permission.type != "orgs") {
        member("orgID", meta::id_text(kOrganizationId));
        member("org", organization_);
    }
    json_.end_object();
    json_.end_object();
}

// A token that was made while nobody was asked belongs to no user.
void Documents::token(const meta::Catalog& catalog, const meta::Token& token,
                      std::string_view text) {
    const std::string id = meta::id_text(token.id);
    const std::string user = meta::id_text(user_id_of(token.user));
    json_.begin_object();
    member("id", id);
    if (!text.empty()) member("token", text);
    member("status", token.is_active ? "active" : "inactive");
    member("description", token.description);
    member("orgID", meta::id_text(kOrganizationId));
    member("org", organization_);
    if (!token.user.empty()) {
        member("userID", user);
        member("user", token.user);
    }
    json_.key("permissions");
    json_.begin_array();
    for (const meta::Permission& each : token.permissions) permission(catalog, each);
    json_.end_array();
    json_.key("links");
    json_.begin_object();
    member("self", "/api/v2/authorizations/" + id);
    if (!token.user.empty()) member("user", "/api/v2/users/" + user);
    json_.end_object();
    times(token.created_ns, token.updated_ns);
    json_.end_object();
}

void Documents::mapping(const meta::Bucket& bucket) {
    const std::string id = meta::id_text(bucket.policy->bucket_id);
    json_.begin_object();
    member("id", id);
    member("database", bucket.database->name);
    member("retention_policy", bucket.policy->name);
    json_.key("default");
    json_.literal(bucket.is_default() ? "true" : "false");
    member("orgID", meta::id_text(kOrganizationId));
    member("bucketID", id);
    self_link("/api/v2/dbrps/" + id);
    json_.end_object();
}

void Documents::nothing(std::string_view list, std::string_view self) {
    json_.begin_object();
    self_link(self);
    json_.key(list);
    json_.begin_array();
    json_.end_array();
    json_.end_object();
}

}  // namespace sluice::server
