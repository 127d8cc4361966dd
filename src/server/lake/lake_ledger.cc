#include "server/lake/lake_ledger.h"

#include <utility>
#include <vector>

namespace sluice::server {

Result<LakeLedger> LakeLedger::open(FileSteps& steps, const LakePlace& place, std::uint64_t owner) {
    const LakeIdentity fresh{place.root, place.node, owner};
    const std::string path = journal_path(place.data_directory, place.root, place.node);
    SLUICE_TRY(LakeJournal journal, LakeJournal::open(steps, path, fresh));
    LakeLedger ledger(std::move(journal), LakeFolder(steps, place.root, place.node));
    const auto& entries = ledger.state().entries();
    SLUICE_TRY_VOID(ledger.folder_.claim(ledger.state().identity().owner, !entries.empty(), path));
    std::vector<PublicationKey> planned;
    for (const auto& [key, entry] : entries) {
        if (entry.planned) planned.push_back(key);
    }
    for (const PublicationKey& key : planned) {
        SLUICE_TRY_VOID(ledger.carry_out(key));
    }
    SLUICE_TRY_VOID(ledger.clear_stage());
    return ledger;
}

Result<void> LakeLedger::carry_out(const PublicationKey& key) {
    const LakeState::Entry entry = *state().find(key);
    const Publication* const before = entry.published ? &*entry.published : nullptr;
    SLUICE_TRY_VOID(folder_.replace(key, before, *entry.planned));
    return journal_.append(LakePublished{key, entry.planned->generation});
}

Result<void> LakeLedger::replace(const PublicationKey& key, Publication next,
                                 std::map<lake::TableName, std::string> new_names) {
    const LakeState::Entry* const entry = state().find(key);
    const bool is_again = entry != nullptr && entry->published.has_value();
    next.generation = is_again ? entry->published->generation + 1 : 1;
    SLUICE_TRY_VOID(journal_.append(LakePlanned{key, std::move(next), std::move(new_names)}));
    return carry_out(key);
}

Result<bool> LakeLedger::publish(const PublicationKey& key, Publication candidate,
                                 std::map<lake::TableName, std::string> new_names) {
    const LakeState::Entry* const entry = state().find(key);
    if (entry != nullptr && entry->published && entry->published->files == candidate.files) {
        SLUICE_TRY_VOID(journal_.append(LakeUnchanged{key, candidate.mark}));
        return false;
    }
    SLUICE_TRY_VOID(replace(key, std::move(candidate), std::move(new_names)));
    return true;
}

Result<void> LakeLedger::withdraw(const PublicationKey& key) {
    const LakeState::Entry* const entry = state().find(key);
    if (entry != nullptr && entry->published && !entry->published->files.empty()) {
        Publication nothing;
        nothing.range = entry->published->range;
        nothing.mark = entry->published->mark;
        SLUICE_TRY_VOID(replace(key, std::move(nothing), {}));
    }
    return forget(key);
}

Result<void> LakeLedger::forget(const PublicationKey& key) {
    return journal_.append(LakeForgotten{key});
}

}  // namespace sluice::server
