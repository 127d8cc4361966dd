// /api/v2/buckets: databases and their policies, under another name.
#include <algorithm>
#include <optional>
#include <vector>

#include "server/v2/documents.h"
#include "server/v2/handlers.h"
#include "server/v2/platform_bodies.h"
#include "sluice/base/units.h"
#include "sluice/meta/bucket.h"

namespace sluice::server {
namespace {

using meta::Bucket;
using meta::Privilege;

// Some bytes of a description are enough; the catalog is in memory.
constexpr std::size_t kDescriptionBytesMax = 4096;

void answer_bucket(PlatformCall& call, std::uint16_t status, const Bucket& bucket) {
    answer_with(call, status, [&bucket](Documents& documents) { documents.bucket(bucket); });
}

bool may_read(PlatformCall& call, const Bucket& bucket) {
    return call.may(Privilege::kRead, bucket.database->name, bucket.policy->name);
}

// All that match and that one may read, in the order of their names, which is that of InfluxDB.
// What one may not read is as if it were not there, in lists as well as by name or id.
std::vector<Bucket> chosen_buckets(PlatformCall& call) {
    const std::string_view name = call.parameter("name");
    const std::string_view id = call.parameter("id");
    std::vector<Bucket> chosen;
    const auto add = [&](const std::optional<Bucket>& bucket) {
        if (bucket && may_read(call, *bucket)) chosen.push_back(*bucket);
    };
    if (!id.empty()) {
        add(meta::find_bucket(call.catalog(), meta::parse_id(id).value_or(0)));
    } else if (!name.empty()) {
        add(meta::find_bucket_named(call.catalog(), name));
    } else {
        for (const auto& database : call.catalog().databases) {
            for (const auto& policy : database->retention_policies) {
                add(Bucket{database.get(), policy.get()});
            }
        }
        std::ranges::sort(chosen, {}, [](const Bucket& each) { return each.name(); });
    }
    return chosen;
}

void list_buckets(PlatformCall& call) {
    if (!organization_fits(call, call.parameter("org"), call.parameter("orgID"))) return;
    const std::optional<Page> page = read_page(call);
    if (!page) return;
    std::vector<Bucket> chosen = chosen_buckets(call);
    if (page->descending) std::ranges::reverse(chosen);
    std::size_t first = page->offset;
    // "after" is an id. One that is not in the list stands behind all, and the page is empty.
    if (page->after != 0) {
        const auto at = std::ranges::find(
            chosen, page->after, [](const Bucket& each) { return each.policy->bucket_id; });
        first += static_cast<std::size_t>(at - chosen.begin()) + 1;
    }
    query::JsonText json(false);
    const std::string organization = shown_organization(call);
    Documents documents(json, organization);
    json.begin_object();
    json.key("links");
    json.begin_object();
    constexpr std::string_view kPath = "/api/v2/buckets";
    documents.member("self", page_link(kPath, *page, page->offset));
    if (first + page->limit < chosen.size()) {
        documents.member("next", page_link(kPath, *page, page->offset + page->limit));
    }
    if (page->offset != 0) {
        const std::size_t before = page->offset - std::min(page->offset, page->limit);
        documents.member("prev", page_link(kPath, *page, before));
    }
    json.end_object();
    json.key("buckets");
    json.begin_array();
    for (std::size_t i = first; i < chosen.size() && i - first < page->limit; ++i) {
        documents.bucket(chosen[i]);
    }
    json.end_array();
    json.end_object();
    call.answer(200, json);
}

// Makes the database too where that is missing; a policy of a name of its own is then all it has.
Result<void> make_bucket(meta::CatalogEditor& editor, const std::string& name,
                         const meta::RetentionPolicySpec& spec, const meta::BucketFacts& facts) {
    const meta::BucketName parts = meta::split_bucket_name(name);
    if (meta::find_bucket_named(editor.catalog(), name)) {
        return Error{ErrorKind::kConflict, "bucket with name " + name + " already exists"};
    }
    if (editor.catalog().find_database(parts.database) == nullptr) {
        SLUICE_TRY_VOID(editor.create_database(parts.database, spec));
    } else {
        SLUICE_TRY_VOID(editor.create_retention_policy(parts.database, spec, parts.policy.empty()));
    }
    return editor.describe_bucket(parts.database, spec.name, facts);
}

// The catalog may change while the body comes and while the change is written down. So what decides
// (whether the name is free) is asked within the change, and the answer shows what is there
// afterwards.
io::Task<void> create_bucket(PlatformCall& call) {
    const std::optional<BucketBody> body = co_await call.read_body(&read_bucket_body);
    if (!body) co_return;
    if (!call.may_manage(Privilege::kWrite, meta::kBucketResource)) {
        co_return call.refuse_permission(Privilege::kWrite, meta::kBucketResource);
    }
    if (!organization_fits(call, {}, body->organization_id)) co_return;
    const std::string name = body->name.value_or("");
    if (name.empty()) co_return call.refuse(400, "bucket name is required");
    meta::BucketFacts facts;
    facts.description = body->description.value_or("").substr(0, kDescriptionBytesMax);
    facts.created_ns = call.now_ns();
    facts.updated_ns = facts.created_ns;
    const RetentionRule rule = body->retention.value_or(RetentionRule());
    const meta::RetentionPolicySpec spec = policy_of(meta::split_bucket_name(name).policy,
                                                     rule.every_seconds, rule.shard_group_seconds);
    meta::CatalogChange change = [name, spec, facts](meta::CatalogEditor& editor) {
        return make_bucket(editor, name, spec, facts);
    };
    const bool done = co_await call.change("create bucket", name, std::move(change));
    if (!done) co_return;
    const auto bucket = meta::find_bucket_named(call.catalog(), name);
    // Somebody may have dropped it at once.
    if (!bucket) co_return call.refuse(404, "bucket not found");
    answer_bucket(call, 201, *bucket);
}

// The bucket of the path, if one may do `wanted` with it; where not, that has been answered.
std::optional<Bucket> named_bucket(PlatformCall& call, Privilege wanted) {
    const auto id = call.read_id();
    if (!id) return std::nullopt;
    const std::optional<Bucket> bucket = meta::find_bucket(call.catalog(), *id);
    const bool may = bucket && call.may(wanted, bucket->database->name, bucket->policy->name);
    if (bucket && !may) {
        call.refuse_permission(wanted, meta::kBucketResource, *id);
        return std::nullopt;
    }
    if (!bucket) call.refuse(404, "bucket not found");
    return bucket;
}

// To alter or drop a bucket a user needs an admin's rights, as in 1.x, and a token what InfluxDB 2
// asks for, the permission to write it.
bool may_shape(PlatformCall& call, const Bucket& bucket) {
    if (call.may_manage(Privilege::kWrite, meta::kBucketResource, bucket.policy->bucket_id)) {
        return true;
    }
    call.refuse_permission(Privilege::kWrite, meta::kBucketResource, bucket.policy->bucket_id);
    return false;
}

// Two changes, the policy's durations and what is said about the bucket: where the second fails,
// the first stands, and asking again does both.
io::Task<void> update_bucket(PlatformCall& call) {
    const std::optional<BucketBody> body = co_await call.read_body(&read_bucket_body);
    if (!body) co_return;
    const std::optional<Bucket> bucket = named_bucket(call, Privilege::kWrite);
    if (!bucket || !may_shape(call, *bucket)) co_return;
    const std::string name = bucket->name();
    if (body->name && *body->name != name && *body->name != bucket->database->name) {
        co_return call.refuse(422, "a bucket cannot be renamed: its name is that of a database");
    }
    const std::string database = bucket->database->name;
    const std::string policy = bucket->policy->name;
    meta::BucketFacts facts = bucket->policy->facts;
    if (body->description) facts.description = body->description->substr(0, kDescriptionBytesMax);
    facts.updated_ns = call.now_ns();
    std::optional<meta::RetentionPolicyUpdate> update;
    if (body->retention) {
        update.emplace();
        update->duration_ns = body->retention->every_seconds * kSecondNs;
        update->shard_group_duration_ns = body->retention->shard_group_seconds * kSecondNs;
    }
    if (update) {
        // Not in the change below: shorter policies concern the stores, too.
        io::Task<Result<void>> altering =
            call.core().alter_retention_policy(database, policy, *update, false);
        const Result<void> altered = co_await altering;
        if (!altered.ok()) {
            call.note("update bucket", name, altered);
            co_return call.answer(altered.error());
        }
    }
    meta::CatalogChange change = [database, policy, facts](meta::CatalogEditor& editor) {
        return editor.describe_bucket(database, policy, facts);
    };
    const bool done = co_await call.change("update bucket", name, std::move(change));
    if (!done) co_return;
    const auto present = meta::find_bucket_named(call.catalog(), database + "/" + policy);
    if (!present) co_return call.refuse(404, "bucket not found");
    answer_bucket(call, 200, *present);
}

// The database goes with its last policy.
io::Task<void> delete_bucket(PlatformCall& call) {
    const std::optional<Bucket> bucket = named_bucket(call, Privilege::kWrite);
    if (!bucket || !may_shape(call, *bucket)) co_return;
    const std::string name = bucket->name();
    const std::string database = bucket->database->name;
    const std::string policy = bucket->policy->name;
    io::Task<Result<void>> dropping = call.core().drop_retention_policy(database, policy);
    Result<void> dropped = co_await dropping;
    call.renew();
    const meta::Database* const left = call.catalog().find_database(database);
    if (dropped.ok() && left != nullptr && left->retention_policies.empty()) {
        io::Task<Result<void>> ending = call.core().drop_database(database);
        dropped = co_await ending;
    }
    call.note("delete bucket", name, dropped);
    if (!dropped.ok()) co_return call.answer(dropped.error());
    call.answer_no_content();
}

io::Task<void> answer_lists(PlatformCall& call, std::string_view list) {
    const std::optional<Bucket> bucket = named_bucket(call, Privilege::kRead);
    if (!bucket) co_return;
    query::JsonText json(false);
    Documents(json, {}).nothing(list, call.connection().request().path);
    call.answer(200, json);
}

io::Task<void> show_bucket(PlatformCall& call) {
    const std::optional<Bucket> bucket = named_bucket(call, Privilege::kRead);
    if (bucket) answer_bucket(call, 200, *bucket);
    co_return;
}

io::Task<void> show_buckets(PlatformCall& call) {
    list_buckets(call);
    co_return;
}

}  // namespace

io::Task<void> handle_buckets(PlatformCall& call) {
    switch (call.endpoint()) {
        case PlatformEndpoint::kBucketPeople:
            return answer_lists(call, "users");
        case PlatformEndpoint::kBucketLabels:
            return answer_lists(call, "labels");
        case PlatformEndpoint::kBuckets:
            return call.method() == http::Method::kPost ? create_bucket(call) : show_buckets(call);
        default:
            break;
    }
    if (call.method() == http::Method::kPatch) return update_bucket(call);
    if (call.method() == http::Method::kDelete) return delete_bucket(call);
    return show_bucket(call);
}

}  // namespace sluice::server
