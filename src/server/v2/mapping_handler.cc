// /api/v2/dbrps: which bucket a database and a policy are. Here they are the same thing, so every
// bucket has its mapping from the beginning, and no other can be made.
#include <optional>
#include <vector>

#include "server/v2/documents.h"
#include "server/v2/handlers.h"
#include "server/v2/platform_bodies.h"
#include "sluice/meta/bucket.h"

namespace sluice::server {
namespace {

using meta::Bucket;
using meta::Privilege;

constexpr std::string_view kFixed =
    "a bucket is a database with a retention policy, and cannot be mapped to others";

void answer_mappings(PlatformCall& call, std::uint16_t status, const std::vector<Bucket>& buckets) {
    query::JsonText json(false);
    Documents documents(json, {});
    json.begin_object();
    json.key("content");
    json.begin_array();
    for (const Bucket& each : buckets) documents.mapping(each);
    json.end_array();
    json.end_object();
    call.answer(status, json);
}

bool is_chosen(PlatformCall& call, const Bucket& bucket) {
    const auto is = [&call](std::string_view name, std::string_view value) {
        const std::string_view wanted = call.parameter(name);
        return wanted.empty() || wanted == value;
    };
    const std::string id = meta::id_text(bucket.policy->bucket_id);
    return is("id", id) && is("bucketID", id) && is("db", bucket.database->name) &&
           is("rp", bucket.policy->name) && is("default", bucket.is_default() ? "true" : "false") &&
           call.may(Privilege::kRead, bucket.database->name, bucket.policy->name);
}

io::Task<void> list_mappings(PlatformCall& call) {
    if (!organization_fits(call, call.parameter("org"), call.parameter("orgID"))) co_return;
    std::vector<Bucket> chosen;
    for (const auto& database : call.catalog().databases) {
        for (const auto& policy : database->retention_policies) {
            const Bucket bucket{database.get(), policy.get()};
            if (is_chosen(call, bucket)) chosen.push_back(bucket);
        }
    }
    answer_mappings(call, 200, chosen);
}

// Makes the policy the default of its database if that is asked for. False where that has been
// answered.
io::Task<bool> set_default(PlatformCall& call, Bucket bucket, std::optional<bool> is_default) {
    if (!is_default || *is_default == bucket.is_default()) co_return true;
    if (!*is_default) {
        call.refuse(422, "make another policy the default instead");
        co_return false;
    }
    if (!call.may_manage(Privilege::kWrite, meta::kBucketResource, bucket.policy->bucket_id)) {
        call.refuse_permission(Privilege::kWrite, meta::kBucketResource, bucket.policy->bucket_id);
        co_return false;
    }
    const std::string name = bucket.name();
    const meta::RetentionPolicyUpdate nothing;
    io::Task<Result<void>> altering = call.core().alter_retention_policy(
        bucket.database->name, bucket.policy->name, nothing, true);
    const Result<void> altered = co_await altering;
    call.renew();
    call.note("map bucket", name, altered);
    if (!altered.ok()) call.answer(altered.error());
    co_return altered.ok();
}

void answer_mapping(PlatformCall& call, std::uint16_t status, std::uint64_t id) {
    const auto bucket = meta::find_bucket(call.catalog(), id);
    if (!bucket) return call.refuse(404, "unable to find DBRP");
    query::JsonText json(false);
    Documents documents(json, {});
    if (status == 201) {
        documents.mapping(*bucket);
    } else {
        json.begin_object();
        json.key("content");
        documents.mapping(*bucket);
        json.end_object();
    }
    call.answer(status, json);
}

io::Task<void> create_mapping(PlatformCall& call) {
    const std::optional<MappingBody> body = co_await call.read_body(&read_mapping_body);
    if (!body) co_return;
    const auto bucket =
        meta::find_bucket(call.catalog(), meta::parse_id(body->bucket_id).value_or(0));
    if (!bucket || !call.may(Privilege::kRead, bucket->database->name, bucket->policy->name)) {
        co_return call.refuse(404, "bucket not found");
    }
    if (body->database != bucket->database->name || body->policy != bucket->policy->name) {
        co_return call.refuse(422, kFixed);
    }
    const std::uint64_t id = bucket->policy->bucket_id;
    const bool done = co_await set_default(call, *bucket, body->is_default);
    if (done) answer_mapping(call, 201, id);
}

io::Task<void> serve_one(PlatformCall& call) {
    MappingBody body;
    if (call.method() == http::Method::kPatch) {
        std::optional<MappingBody> read = co_await call.read_body(&read_mapping_body);
        if (!read) co_return;
        body = std::move(*read);
    }
    const auto bucket = meta::find_bucket(call.catalog(), meta::parse_id(call.id()).value_or(0));
    if (!bucket || !call.may(Privilege::kRead, bucket->database->name, bucket->policy->name)) {
        co_return call.refuse(404, "unable to find DBRP");
    }
    const bool renames = !body.policy.empty() && body.policy != bucket->policy->name;
    if (call.method() == http::Method::kDelete || renames) co_return call.refuse(422, kFixed);
    const std::uint64_t id = bucket->policy->bucket_id;
    const bool done = co_await set_default(call, *bucket, body.is_default);
    if (done) answer_mapping(call, 200, id);
}

}  // namespace

io::Task<void> handle_mappings(PlatformCall& call) {
    if (call.endpoint() == PlatformEndpoint::kMapping) return serve_one(call);
    return call.method() == http::Method::kPost ? create_mapping(call) : list_mappings(call);
}

}  // namespace sluice::server
