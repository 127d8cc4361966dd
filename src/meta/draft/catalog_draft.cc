#include "meta/draft/catalog_draft.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sluice/base/check.h"

namespace sluice::meta {
namespace {

// The edit says who made the object: until the draft is finished it may be changed in place.
std::shared_ptr<ShardGroup> make_group(const model::ShardSlot& slot, std::uint64_t edit) {
    auto group = std::make_shared<ShardGroup>();
    group->id = slot.group;
    group->range = slot.range;
    group->edit = edit;
    return group;
}

}  // namespace

// Copies lists of pointers and nothing that these point to: what is changed is copied on the way
// down (own), and all the rest is shared with the catalog that others read meanwhile.
CatalogDraft::CatalogDraft(const Catalog& base)
    : catalog_(std::make_shared<Catalog>(base)), edit_(base.version + 1) {}

// From here on the catalog is read on all cores and never changed again.
std::shared_ptr<const Catalog> CatalogDraft::finish() {
    catalog_->version = edit_;
    if (removed_) ++catalog_->removals;
    if (removed_ || tombstones_changed_) map_tombstones();
    return std::move(catalog_);
}

void CatalogDraft::record(CatalogOp op) {
    if (recording_) changes_.write(static_cast<std::uint8_t>(op));
}

// The database as one that this draft may change, by binary search: catalogs of thousands of
// databases are replayed one operation after the other.
Database* CatalogDraft::own_database(std::string_view name) {
    const auto& order = catalog_->databases_by_name;
    const auto found = std::lower_bound(order.begin(), order.end(), name,
                                        [this](std::uint32_t index, std::string_view wanted) {
                                            return catalog_->databases[index]->name < wanted;
                                        });
    if (found == order.end() || catalog_->databases[*found]->name != name) return nullptr;
    return &own(catalog_->databases[*found], edit_);
}

// Owns the database too, since the policy hangs from it. A name that is not there costs no copy.
RetentionPolicy* CatalogDraft::own_policy(std::string_view database, std::string_view policy) {
    const Database* present = catalog_->find_database(database);
    if (present == nullptr || policy.empty() || present->find_policy(policy) == nullptr) {
        return nullptr;
    }
    for (auto& each : own_database(database)->retention_policies) {
        if (each->name == policy) return &own(each, edit_);
    }
    return nullptr;
}

void CatalogDraft::sort_databases() {
    auto& order = catalog_->databases_by_name;
    order.resize(catalog_->databases.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
        return catalog_->databases[a]->name < catalog_->databases[b]->name;
    });
}

// False from any of these functions means that the operation does not fit the catalog: an editor
// checks before it calls, and a replay takes it for damage.
bool CatalogDraft::create_database(std::string_view name, std::string_view default_policy) {
    if (catalog_->find_database(name) != nullptr) return false;
    auto database = std::make_shared<Database>();
    database->name = name;
    database->default_retention_policy = default_policy;
    database->edit = edit_;
    const auto index = static_cast<std::uint32_t>(catalog_->databases.size());
    auto& order = catalog_->databases_by_name;
    const auto at = std::lower_bound(order.begin(), order.end(), name,
                                     [this](std::uint32_t other, std::string_view wanted) {
                                         return catalog_->databases[other]->name < wanted;
                                     });
    order.insert(at, index);
    catalog_->databases.push_back(std::move(database));
    if (!recording_) return true;
    record(CatalogOp::kCreateDatabase);
    changes_.write_text(name);
    changes_.write_text(default_policy);
    return true;
}

// Stores still hold their points. Only what stands in this list is ever unlinked.
void CatalogDraft::doom_all_groups(const RetentionPolicy& policy) {
    for (const auto& group : policy.shard_groups) catalog_->doomed_groups.push_back(group->id);
}

// The record is written before anything changes, as `name` may be that of the database itself.
bool CatalogDraft::drop_database(std::string_view name) {
    const Database* present = catalog_->find_database(name);
    if (present == nullptr) return false;
    for (const auto& policy : present->retention_policies) {
        doom_all_groups(*policy);
        forget_permissions(policy->bucket_id);
    }
    if (recording_) {
        record(CatalogOp::kDropDatabase);
        changes_.write_text(name);
    }
    forget_privileges(name);
    std::erase_if(catalog_->databases, [&](const auto& each) { return each.get() == present; });
    sort_databases();
    selected_policy_ = nullptr;
    removed_ = true;
    return true;
}

// Numbers are given in order; one far beyond the last is damage.
bool CatalogDraft::may_be_id(model::ShardGroupId id) const {
    return id != 0 && id <= catalog_->last_group_id + (std::uint64_t{1} << 40);
}

// Groups of a policy never overlap, which is what lets a time be found by binary search; a group
// that would is refused. The new group is the selected one, so that its fields may follow without
// naming it.
bool CatalogDraft::add_group(std::string_view database, std::string_view policy,
                             model::ShardGroupId id, const model::TimeRange& range) {
    if (!may_be_id(id) || range.empty()) return false;
    RetentionPolicy* owner = own_policy(database, policy);
    if (owner == nullptr) return false;
    const auto after =
        std::upper_bound(owner->shard_slots.begin(), owner->shard_slots.end(), range.begin,
                         [](model::Timestamp time, const model::ShardSlot& slot) {
                             return time < slot.range.begin;
                         });
    const bool fits =
        (after == owner->shard_slots.begin() || std::prev(after)->range.end <= range.begin) &&
        (after == owner->shard_slots.end() || range.end <= after->range.begin);
    if (!fits) return false;
    selected_policy_ = owner;
    selected_index_ = static_cast<std::size_t>(after - owner->shard_slots.begin());
    owner->shard_groups.insert(
        owner->shard_groups.begin() + static_cast<std::ptrdiff_t>(selected_index_),
        make_group({range, id}, edit_));
    owner->shard_slots.insert(after, model::ShardSlot{range, id});
    catalog_->last_group_id = std::max(catalog_->last_group_id, id);
    if (recording_) record_group(database, policy, {range, id});
    return true;
}

// All at once: one by one, each would move all that lie behind it. The two lists are merged in
// order, and checked as a whole before anything is changed.
bool CatalogDraft::add_groups(std::string_view database, std::string_view policy,
                              std::span<const model::ShardSlot> groups) {
    if (groups.empty()) return true;
    RetentionPolicy* owner = own_policy(database, policy);
    if (owner == nullptr) return false;
    const auto begins_before = [](const model::ShardSlot& a, const model::ShardSlot& b) {
        return a.range.begin < b.range.begin;
    };
    std::vector<model::ShardSlot> fresh(groups.begin(), groups.end());
    std::sort(fresh.begin(), fresh.end(), begins_before);
    std::vector<model::ShardSlot> slots;
    slots.reserve(owner->shard_slots.size() + fresh.size());
    std::merge(owner->shard_slots.begin(), owner->shard_slots.end(), fresh.begin(), fresh.end(),
               std::back_inserter(slots), begins_before);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (!may_be_id(slots[i].group) || slots[i].range.empty()) return false;
        if (i != 0 && slots[i - 1].range.end > slots[i].range.begin) return false;
    }
    std::vector<std::shared_ptr<const ShardGroup>> merged;
    merged.reserve(slots.size());
    auto present = owner->shard_groups.begin();
    for (const model::ShardSlot& slot : slots) {
        const bool is_present =
            present != owner->shard_groups.end() && (*present)->range.begin == slot.range.begin;
        merged.push_back(is_present ? std::move(*present++) : make_group(slot, edit_));
    }
    SLUICE_CHECK(present == owner->shard_groups.end());
    owner->shard_groups = std::move(merged);
    owner->shard_slots = std::move(slots);
    selected_policy_ = owner;
    selected_index_ = owner->group_index_at(groups.back().range.begin);
    for (const model::ShardSlot& each : groups) {
        catalog_->last_group_id = std::max(catalog_->last_group_id, each.group);
        if (recording_) record_group(database, policy, each);
    }
    return true;
}

void CatalogDraft::record_group(std::string_view database, std::string_view policy,
                                const model::ShardSlot& group) {
    record(CatalogOp::kAddGroup);
    changes_.write_text(database);
    changes_.write_text(policy);
    changes_.write_varint(group.group);
    changes_.write(group.range.begin);
    changes_.write(group.range.end);
}

// Most operations that follow are about fields of one group; naming it once keeps them short. What
// removes a policy or a group ends the selection, because it points into them.
bool CatalogDraft::select_group(std::string_view database, std::string_view policy,
                                model::ShardGroupId id, model::Timestamp begin) {
    RetentionPolicy* owner = own_policy(database, policy);
    if (owner == nullptr) return false;
    const ShardGroup* group = owner->group_at(begin);
    if (group == nullptr || group->id != id) return false;
    selected_policy_ = owner;
    selected_index_ = owner->group_index_at(begin);
    if (!recording_) return true;
    record(CatalogOp::kSelectGroup);
    changes_.write_text(database);
    changes_.write_text(policy);
    changes_.write_varint(id);
    changes_.write(begin);
    return true;
}

// Both lists, groups and slots, have the same order and must stay of one mind.
bool CatalogDraft::remove_group(std::string_view database, std::string_view policy,
                                model::ShardGroupId id, model::Timestamp begin) {
    RetentionPolicy* owner = own_policy(database, policy);
    if (owner == nullptr) return false;
    const ShardGroup* group = owner->group_at(begin);
    if (group == nullptr || group->id != id) return false;
    std::erase_if(owner->shard_slots, [&](const auto& slot) { return slot.group == id; });
    std::erase_if(owner->shard_groups, [&](const auto& each) { return each.get() == group; });
    catalog_->doomed_groups.push_back(id);
    selected_policy_ = nullptr;
    removed_ = true;
    if (!recording_) return true;
    record(CatalogOp::kRemoveGroup);
    changes_.write_text(database);
    changes_.write_text(policy);
    changes_.write_varint(id);
    changes_.write(begin);
    return true;
}

ShardGroup& CatalogDraft::own_group(RetentionPolicy& policy, std::size_t index) {
    return own(policy.shard_groups[index], edit_);
}

// Most measurements look the same in every shard group; equal schemas are one object.
void CatalogDraft::share_with_neighbour(std::shared_ptr<const MeasurementSchema>& schema) {
    if (selected_index_ == 0) return;
    const ShardGroup& before = *selected_policy_->shard_groups[selected_index_ - 1];
    const auto* neighbour = before.measurements.find_shared(schema->name);
    if (neighbour == nullptr || !std::ranges::equal((*neighbour)->fields(), schema->fields())) {
        return;
    }
    // Nobody may change it in place from now on.
    if ((*neighbour)->edit == edit_) const_cast<MeasurementSchema&>(**neighbour).edit = 0;
    schema = *neighbour;
}

// A field has one type in a group for ever; another type of the same name is a conflict that the
// caller has told the client about already.
bool CatalogDraft::add_fields(std::string_view measurement, std::span<const Field> fields) {
    if (selected_policy_ == nullptr) return false;
    ShardGroup& group = own_group(*selected_policy_, selected_index_);
    const auto* present = group.measurements.find_shared(measurement);
    for (const Field& field : fields) {
        const Field* known = present == nullptr ? nullptr : (*present)->find_field(field.name);
        if (known != nullptr && known->type != field.type) return false;
    }
    // Three cases: new here; made by this draft, and so not yet seen by anybody; or shared with
    // older catalogs, which keep what they have.
    std::shared_ptr<MeasurementSchema> schema;
    if (present == nullptr) {
        schema = std::make_shared<MeasurementSchema>(std::string(measurement));
    } else if ((*present)->edit == edit_) {
        schema = std::const_pointer_cast<MeasurementSchema>(*present);
    } else {
        schema = std::make_shared<MeasurementSchema>(**present);
    }
    schema->edit = edit_;
    for (const Field& field : fields) {
        if (schema->find_field(field.name) == nullptr) schema->add_field(field);
    }
    std::shared_ptr<const MeasurementSchema> shared = std::move(schema);
    share_with_neighbour(shared);
    group.measurements.set(std::move(shared), edit_);
    if (!recording_) return true;
    record(CatalogOp::kAddFields);
    changes_.write_text(measurement);
    changes_.write_varint(fields.size());
    for (const Field& field : fields) {
        changes_.write(static_cast<std::uint8_t>(field.type));
        changes_.write_text(field.name);
    }
    return true;
}

// The common case of a new group: a measurement goes on as it was. The schema is shared with the
// group before, and so may not be changed in place by this draft any more.
bool CatalogDraft::copy_fields(std::string_view measurement) {
    if (selected_policy_ == nullptr || selected_index_ == 0) return false;
    const ShardGroup& before = *selected_policy_->shard_groups[selected_index_ - 1];
    const auto* schema = before.measurements.find_shared(measurement);
    if (schema == nullptr) return false;
    if ((*schema)->edit == edit_) const_cast<MeasurementSchema&>(**schema).edit = 0;
    own_group(*selected_policy_, selected_index_).measurements.set(*schema, edit_);
    if (!recording_) return true;
    record(CatalogOp::kCopyFields);
    changes_.write_text(measurement);
    return true;
}

void CatalogDraft::doom_groups(std::span<const model::ShardGroupId> groups) {
    auto& doomed = catalog_->doomed_groups;
    doomed.insert(doomed.end(), groups.begin(), groups.end());
    if (!recording_) return;
    record(CatalogOp::kDoomGroups);
    changes_.write_varint(groups.size());
    for (const model::ShardGroupId id : groups) changes_.write_varint(id);
}

// Every store has unlinked what it had of these.
void CatalogDraft::forget_doomed(std::span<const model::ShardGroupId> groups) {
    std::vector<model::ShardGroupId> gone(groups.begin(), groups.end());
    std::sort(gone.begin(), gone.end());
    std::erase_if(catalog_->doomed_groups, [&](model::ShardGroupId id) {
        return std::binary_search(gone.begin(), gone.end(), id);
    });
    if (!recording_) return;
    record(CatalogOp::kForgetDoomed);
    changes_.write_varint(groups.size());
    for (const model::ShardGroupId id : groups) changes_.write_varint(id);
}

// After damage: the ids that stores have seen must not be given again.
void CatalogDraft::raise_group_id(model::ShardGroupId id) {
    catalog_->last_group_id = std::max(catalog_->last_group_id, id);
    if (!recording_) return;
    record(CatalogOp::kRaiseGroupId);
    changes_.write_varint(id);
}

}  // namespace sluice::meta
