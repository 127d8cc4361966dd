// Shard groups leave the store: from its heads, its segments and its logs.
#include <algorithm>
#include <utility>

#include "storage/store/store_parts.h"

namespace sluice::storage {

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
