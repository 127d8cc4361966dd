#include "server/lake/lake_ledger.h"

#include <utility>
#include <vector>

#include "sluice/io/aside.h"
#include "sluice/io/reactor.h"

namespace sluice::server {

io::Task<Result<LakeLedger>> LakeLedger::open(FileSteps& steps, LakeTarget& target, LakePlace place,
                                              std::uint64_t owner) {
    const std::string path = journal_path(place.data_directory, place.root, place.node);
    const auto work = [&steps, &path, fresh = LakeIdentity{place.root, place.node, owner}] {
        return LakeJournal::open(steps, path, fresh);
    };
    io::Task<Result<LakeJournal>> opening = io::run_aside(work, io::Haste::kBackground);
    SLUICE_CO_TRY(LakeJournal journal, co_await opening);
    LakeLedger ledger(std::move(journal), target);
    const auto& entries = ledger.state().entries();
    SLUICE_CO_TRY_VOID(
        co_await target.claim(ledger.state().identity().owner, !entries.empty(), path));
    std::vector<PublicationKey> planned;
    for (const auto& [key, entry] : entries) {
        if (entry.planned) planned.push_back(key);
    }
    for (const PublicationKey& key : planned) {
        SLUICE_CO_TRY_VOID(co_await ledger.carry_out(key));
    }
    SLUICE_CO_TRY_VOID(co_await target.clear_stage());
    co_return ledger;
}

io::Task<Result<void>> LakeLedger::note(LakeRecord record) {
    const auto work = [this, &record] { return journal_.append(record); };
    io::Task<Result<void>> appending = io::run_aside(work, io::Haste::kBackground);
    co_return co_await appending;
}

io::Task<Result<void>> LakeLedger::carry_out(PublicationKey key) {
    const LakeState::Entry entry = *state().find(key);
    const Publication* const before = entry.published ? &*entry.published : nullptr;
    SLUICE_CO_TRY_VOID(co_await target_->replace(key, before, *entry.planned));
    const LakeRecord done = LakePublished{key, entry.planned->generation};
    co_return co_await note(done);
}

io::Task<Result<void>> LakeLedger::replace(PublicationKey key, Publication next,
                                           std::map<lake::TableName, std::string> new_names) {
    const LakeState::Entry* const entry = state().find(key);
    const bool is_again = entry != nullptr && entry->published.has_value();
    next.generation = is_again ? entry->published->generation + 1 : 1;
    const LakeRecord plan = LakePlanned{key, std::move(next), std::move(new_names)};
    SLUICE_CO_TRY_VOID(co_await note(plan));
    co_return co_await carry_out(key);
}

io::Task<Result<bool>> LakeLedger::publish(PublicationKey key, Publication candidate,
                                           std::map<lake::TableName, std::string> new_names) {
    const LakeState::Entry* const entry = state().find(key);
    if (entry != nullptr && entry->published && entry->published->files == candidate.files) {
        const LakeRecord same = LakeUnchanged{key, candidate.mark};
        SLUICE_CO_TRY_VOID(co_await note(same));
        SLUICE_CO_TRY_VOID(co_await target_->clear_stage());
        co_return false;
    }
    SLUICE_CO_TRY_VOID(co_await replace(key, std::move(candidate), std::move(new_names)));
    SLUICE_CO_TRY_VOID(co_await target_->clear_stage());
    co_return true;
}

io::Task<Result<void>> LakeLedger::withdraw(PublicationKey key) {
    const LakeState::Entry* const entry = state().find(key);
    if (entry != nullptr && entry->published && !entry->published->files.empty()) {
        Publication nothing;
        nothing.range = entry->published->range;
        nothing.mark = entry->published->mark;
        std::map<lake::TableName, std::string> no_names;
        SLUICE_CO_TRY_VOID(co_await replace(key, std::move(nothing), std::move(no_names)));
    }
    co_return co_await forget(key);
}

io::Task<Result<void>> LakeLedger::forget(PublicationKey key) {
    const LakeRecord record = LakeForgotten{key};
    co_return co_await note(record);
}

}  // namespace sluice::server
