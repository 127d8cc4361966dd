// Shard groups leave the store: from its heads, its segments and its logs.
#include <algorithm>
#include <utility>

#include "storage/store/store_parts.h"

namespace sluice::storage {

// Three things have to know of a drop: readers, rows that are on their way, and the next start. The
// first two do in this turn (begin_drop). The third one does when the record is durable, and only
// then files may go, because a crash before that leaves the group as it was, whole.
//
// A group that only a log speaks of is dropped as well: its rows would come back with a replay.
io::Task<Result<void>> StoreParts::drop_shard_groups(std::vector<model::ShardGroupId> groups) {
    std::erase_if(groups, [this](model::ShardGroupId group) {
        return manifest_.state().dropped_groups.contains(group) ||
               !(segments_.has_group(group) || groups_.may_have_rows(group));
    });
    if (groups.empty()) co_return Result<void>();
    // The groups are gone at once for scans and for rows on their way ...
    std::vector<SegmentPtr> dropped;
    std::vector<ManifestEdit> edits;
    for (const model::ShardGroupId group : groups) {
        groups_.begin_drop(group);
        heads_.drop_group(group);
        for (SegmentPtr& each : segments_.take_group(group)) dropped.push_back(std::move(each));
        homes_.forget(group);
        edits.push_back(edit::DropGroup{group});
    }
    life_.changed.notify_all();
    // ... and for ever.
    SLUICE_CO_TRY_VOID(co_await manifest_.append(std::move(edits)));
    for (const SegmentPtr& each : dropped) each->set_obsolete();
    for (const model::ShardGroupId group : groups) groups_.end_drop(group);
    co_return Result<void>();
}

}  // namespace sluice::storage
