// This part of the store takes deletes in and says which of them are still needed.
#include <set>

#include "storage/store/store_parts.h"

namespace sluice::storage {

void StoreParts::set_tombstones(Tombstones tombstones) {
    deletes_.set(std::move(tombstones), life_.reactor.monotonic_ns(), heads_.active()->head->id());
    heads_.drop_deleted_tables();
    segments_.merge_wanted.notify_all();
}

void StoreParts::release_merges() {
    if (!deletes_.release_merges()) return;
    life_.changed.notify_all();
    segments_.merge_wanted.notify_all();
}

// What core 0 asks of every store before it forgets a tombstone. It is asked often and looks at no
// rows: scopes of memtables and segments say what a tombstone may still cover, and that may be more
// than it does, for a while.
std::vector<std::uint64_t> StoreParts::unsettled_deletes() const {
    std::set<std::uint64_t> open;
    if (deletes_.tombstones() == nullptr) return {};
    heads_.add_unsettled(open);
    for (const auto& [group, segments] : segments_.groups()) {
        if (deletes_.of_group(group) == nullptr) continue;
        for (const SegmentPtr& each : segments) {
            deletes_.add_touching(each->delete_scope({}), false, open);
        }
    }
    // Readers from before a hand-over see these, and deletes that are forgotten would come undone.
    for (const SegmentPtr& each : segments_.departed())
        deletes_.add_touching(each->delete_scope({}), false, open);
    return {open.begin(), open.end()};
}

void Store::set_tombstones(std::shared_ptr<const model::TombstoneMap> tombstones) {
    parts_->set_tombstones(std::move(tombstones));
}
void Store::hold_merges() {
    parts_->deletes().hold_merges();
}
void Store::release_merges() {
    parts_->release_merges();
}
std::vector<std::uint64_t> Store::unsettled_deletes() const {
    return parts_->unsettled_deletes();
}

}  // namespace sluice::storage
