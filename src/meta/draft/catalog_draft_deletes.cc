// These are the changes of a catalog that deletes make: tombstones, and measurements that are
// dropped.
#include <algorithm>
#include <iterator>

#include "meta/draft/catalog_draft.h"

namespace sluice::meta {
namespace {

std::shared_ptr<const model::TombstoneList> tombstones_of(const Database& database,
                                                          const std::string& policy) {
    model::TombstoneList list;
    std::ranges::copy_if(database.tombstones, std::back_inserter(list),
                         [&](const auto& each) { return each->reaches(policy); });
    return std::make_shared<const model::TombstoneList>(std::move(list));
}

}  // namespace

bool CatalogDraft::add_tombstone(std::string_view database, model::Tombstone tombstone) {
    Database* owner = own_database(database);
    if (owner == nullptr || tombstone.sequence <= owner->last_delete) return false;
    if (recording_) write_tombstone(changes_, database, tombstone);
    std::erase_if(owner->tombstones, [&](const auto& each) { return tombstone.subsumes(*each); });
    owner->last_delete = tombstone.sequence;
    owner->tombstones.push_back(std::make_shared<const model::Tombstone>(std::move(tombstone)));
    tombstones_changed_ = true;
    return true;
}

void CatalogDraft::forget_tombstones(std::span<const std::uint64_t> sequences) {
    std::vector<std::uint64_t> gone(sequences.begin(), sequences.end());
    std::sort(gone.begin(), gone.end());
    const auto is_gone = [&](const auto& each) {
        return std::binary_search(gone.begin(), gone.end(), each->sequence);
    };
    for (std::size_t i = 0; i < catalog_->databases.size(); ++i) {
        const Database& present = *catalog_->databases[i];
        if (std::none_of(present.tombstones.begin(), present.tombstones.end(), is_gone)) continue;
        std::erase_if(own_database(present.name)->tombstones, is_gone);
        tombstones_changed_ = true;
    }
    if (!recording_) return;
    record(CatalogOp::kForgetTombstones);
    changes_.write_varint(sequences.size());
    for (const std::uint64_t each : sequences) changes_.write_varint(each);
}

bool CatalogDraft::note_deletes(std::string_view database, std::uint64_t sequence) {
    Database* owner = own_database(database);
    if (owner == nullptr) return false;
    owner->last_delete = std::max(owner->last_delete, sequence);
    // The map tells stores the last sequence, also where no tombstone is left.
    tombstones_changed_ = true;
    if (!recording_) return true;
    record(CatalogOp::kNoteDeletes);
    changes_.write_text(database);
    changes_.write_varint(sequence);
    return true;
}

bool CatalogDraft::remove_measurement(std::string_view database, std::string_view measurement) {
    const Database* present = catalog_->find_database(database);
    if (present == nullptr) return false;
    const std::string name(database);
    for (std::size_t p = 0; p < present->retention_policies.size(); ++p) {
        const std::string policy = present->retention_policies[p]->name;
        for (std::size_t g = 0; g < present->retention_policies[p]->shard_groups.size(); ++g) {
            const ShardGroup& group = *present->retention_policies[p]->shard_groups[g];
            if (group.measurements.find(measurement) == nullptr) continue;
            own_group(*own_policy(name, policy), g).measurements.erase(measurement, edit_);
            // Owning may have put a copy in its place.
            present = catalog_->find_database(name);
            removed_ = true;
        }
    }
    selected_policy_ = nullptr;
    if (!recording_) return true;
    record(CatalogOp::kRemoveMeasurement);
    changes_.write_text(database);
    changes_.write_text(measurement);
    return true;
}

void write_tombstone(ByteWriter& out, std::string_view database,
                     const model::Tombstone& tombstone) {
    const bool is_of_policy = !tombstone.policy.empty();
    const CatalogOp op = is_of_policy ? CatalogOp::kAddPolicyTombstone : CatalogOp::kAddTombstone;
    out.write(static_cast<std::uint8_t>(op));
    out.write_text(database);
    if (is_of_policy) out.write_text(tombstone.policy);
    tombstone.write(out);
}

void CatalogDraft::map_tombstones() {
    const bool never = std::all_of(catalog_->databases.begin(), catalog_->databases.end(),
                                   [](const auto& each) { return each->last_delete == 0; });
    if (never && !tombstones_changed_ && catalog_->tombstones == nullptr) return;
    auto map = std::make_shared<model::TombstoneMap>();
    for (const auto& database : catalog_->databases) {
        map->last_sequence = std::max(map->last_sequence, database->last_delete);
        if (database->tombstones.empty()) continue;
        for (const auto& policy : database->retention_policies) {
            const auto list = tombstones_of(*database, policy->name);
            if (list->empty()) continue;
            for (const model::ShardSlot& slot : policy->shard_slots) {
                if (slot.group <= list->back()->last_group) map->groups.emplace(slot.group, list);
            }
        }
    }
    if (catalog_->tombstones != nullptr) {
        map->last_sequence = std::max(map->last_sequence, catalog_->tombstones->last_sequence);
    }
    catalog_->tombstones = std::move(map);
}

}  // namespace sluice::meta
