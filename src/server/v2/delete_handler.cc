// POST /api/v2/delete: points of a bucket between two times, by tags.
#include <algorithm>
#include <optional>

#include "server/services/organization.h"
#include "server/v2/delete_predicate.h"
#include "server/v2/documents.h"
#include "server/v2/handlers.h"
#include "server/v2/platform_bodies.h"
#include "sluice/meta/bucket.h"

namespace sluice::server {
namespace {

using meta::Bucket;
using meta::Privilege;

// By `bucketID`, or `bucket`, which is a name or an id.
std::optional<Bucket> asked_bucket(PlatformCall& call) {
    const std::string_view id = call.parameter("bucketID");
    if (!id.empty()) return meta::find_bucket(call.catalog(), meta::parse_id(id).value_or(0));
    const std::string_view name = call.parameter("bucket");
    if (const auto as_id = meta::parse_id(name)) {
        if (const auto bucket = meta::find_bucket(call.catalog(), *as_id)) return bucket;
    }
    return meta::find_bucket_named(call.catalog(), name);
}

}  // namespace

io::Task<void> handle_delete(PlatformCall& call) {
    const std::optional<DeleteBody> body = co_await call.read_body(&read_delete_body);
    if (!body) co_return;
    const auto refusal = check_organization(
        organization_name(call.catalog(), call.services().config().http.organization),
        call.parameter("org"), call.parameter("orgID"));
    if (refusal) co_return call.refuse(refusal->status, refusal->message);
    const std::optional<Bucket> bucket = asked_bucket(call);
    if (!bucket) {
        const std::string_view name = call.parameter("bucket");
        co_return call.refuse(404, name.empty() ? "bucket not found"
                                                : "bucket \"" + std::string(name) + "\" not found");
    }
    if (!call.may(Privilege::kWrite, bucket->database->name, bucket->policy->name)) {
        co_return call.refuse(403, "insufficient permissions to delete");
    }
    model::Tombstone what;
    const Result<void> understood = read_delete_predicate(body->predicate, what);
    if (!understood.ok()) co_return call.answer(understood.error());
    what.policy = bucket->policy->name;
    what.range.begin = std::max(body->start_ns, model::kTimestampMin);
    what.range.end = std::min(body->stop_ns, model::kTimestampMax) + 1;
    if (what.range.empty() || what.series.is_none()) co_return call.answer_no_content();
    const std::string name = bucket->name();
    const std::string described = name + ": " + what.text();
    io::Task<Result<void>> deleting =
        call.core().delete_points(bucket->database->name, std::move(what));
    const Result<void> deleted = co_await deleting;
    call.note("delete points", described, deleted);
    if (!deleted.ok()) co_return call.answer(deleted.error());
    call.answer_no_content();
}

}  // namespace sluice::server
