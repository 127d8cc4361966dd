// The editor's part of a rebuilding: a shard group with the number, range and fields it had.
#include <algorithm>

#include "meta/draft/catalog_draft.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::meta {
namespace {

bool has_fields(const MeasurementSchema* schema, std::span<const Field> fields) {
    return schema != nullptr && std::equal(schema->fields().begin(), schema->fields().end(),
                                           fields.begin(), fields.end());
}

// The group before `id` in its policy, nullptr for the first: most measurements look there as they
// do here, and the log then keeps a name instead of all fields.
const ShardGroup* group_before(const RetentionPolicy& policy, model::ShardGroupId id,
                               model::Timestamp begin) {
    const std::size_t index = policy.group_index_at(begin);
    SLUICE_CHECK(index != RetentionPolicy::kNoGroup && policy.shard_groups[index]->id == id);
    return index == 0 ? nullptr : policy.shard_groups[index - 1].get();
}

}  // namespace

Result<void> CatalogEditor::restore_group(const NamesWanted& place, model::ShardGroupId id,
                                          const model::TimeRange& range,
                                          std::span<const MeasurementWanted> measurements) {
    if (!draft_->add_group(place.database, place.retention_policy, id, range)) {
        return Error{ErrorKind::kConflict, "shard group " + std::to_string(id) +
                                               " overlaps another one of its retention policy"};
    }
    for (const MeasurementWanted& each : measurements) {
        if (each.fields.empty()) continue;
        const RetentionPolicy* policy =
            draft_->catalog().find_database(place.database)->find_policy(place.retention_policy);
        const ShardGroup* before = group_before(*policy, id, range.begin);
        const MeasurementSchema* there =
            before == nullptr ? nullptr : before->measurements.find(each.name);
        const bool added = has_fields(there, each.fields)
                               ? draft_->copy_fields(each.name)
                               : draft_->add_fields(each.name, each.fields);
        SLUICE_CHECK(added);
    }
    return {};
}

}  // namespace sluice::meta
