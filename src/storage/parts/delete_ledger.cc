#include "storage/parts/delete_ledger.h"

#include <algorithm>

#include "sluice/base/check.h"

namespace sluice::storage {

// When they came is not known after a start. They count as old, so that nothing waits for them.
void DeleteLedger::begin(std::uint64_t head_id) {
    SLUICE_CHECK(arrivals_.empty());
    if (tombstones_ == nullptr) return;
    for (const auto& [group, list] : tombstones_->groups) {
        for (const auto& each : *list) arrivals_[each->sequence] = {0, head_id};
    }
}

// The map that comes may have lost tombstones, which are settled, and have gained some. One that is
// not known here although its sequence is not above the last is settled too: it was in a map
// between the two, which this store did not get to see.
void DeleteLedger::set(Tombstones tombstones, std::int64_t now_ns, std::uint64_t head_id) {
    std::map<std::uint64_t, Arrival> arrivals;
    if (tombstones != nullptr) {
        const std::uint64_t known = last_sequence();
        for (const auto& [group, list] : tombstones->groups) {
            for (const auto& each : *list) {
                const auto before = arrivals_.find(each->sequence);
                if (before != arrivals_.end()) {
                    arrivals.insert(*before);
                } else if (each->sequence > known) {
                    arrivals[each->sequence] = {now_ns, head_id};
                }
            }
        }
    }
    arrivals_ = std::move(arrivals);
    tombstones_ = std::move(tombstones);
}

// Looked at with each batch that a delete has overtaken, so it asks one tombstone at a time and
// does not add up several that cover a measurement only together: those rows are filtered when
// read.
bool DeleteLedger::covers_all(model::ShardGroupId group, std::string_view measurement,
                              std::uint64_t sequence) const {
    const model::TombstoneList* list = of_group(group);
    if (list == nullptr) return false;
    const model::TimeRange all_times;
    return std::any_of(list->begin(), list->end(), [&](const auto& each) {
        return each->sequence > sequence && each->last_group >= group && each->series.is_all() &&
               each->range.begin <= all_times.begin && each->range.end >= all_times.end &&
               each->names(measurement);
    });
}

bool DeleteLedger::release_merges() {
    SLUICE_CHECK(holds_ != 0);
    return --holds_ == 0;
}

bool DeleteLedger::has_stale_rows(const DeleteScope& scope, std::int64_t seen_before_ns) const {
    const model::TombstoneList* list = of_group(scope.group);
    if (list == nullptr) return false;
    return std::any_of(list->begin(), list->end(), [&](const auto& each) {
        if (!may_touch(*each, scope)) return false;
        const auto arrival = arrivals_.find(each->sequence);
        return arrival == arrivals_.end() || arrival->second.seen_ns <= seen_before_ns;
    });
}

std::int64_t DeleteLedger::next_due_ns(std::int64_t now_ns, std::int64_t after_ns,
                                       std::int64_t latest) const {
    std::int64_t next = latest;
    for (const auto& [sequence, arrival] : arrivals_) {
        const std::int64_t due = arrival.seen_ns + after_ns;
        if (due > now_ns) next = std::min(next, due);
    }
    return next;
}

void DeleteLedger::add_touching(const DeleteScope& scope, bool by_name,
                                std::set<std::uint64_t>& open) const {
    const model::TombstoneList* list = of_group(scope.group);
    if (list == nullptr) return;
    for (const auto& each : *list) {
        if (!may_touch(*each, scope)) continue;
        if (!by_name || each->names(scope.measurement)) open.insert(each->sequence);
    }
}

// Logs of later heads hold only rows that were written after the delete took its sequence.
void DeleteLedger::add_covering_log(std::uint64_t head_id, std::set<std::uint64_t>& open) const {
    for (const auto& [sequence, arrival] : arrivals_) {
        if (head_id <= arrival.head_id) open.insert(sequence);
    }
}

}  // namespace sluice::storage
