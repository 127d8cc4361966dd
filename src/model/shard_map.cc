#include "sluice/model/shard_map.h"

#include <algorithm>

namespace sluice::model {

ShardSlot ShardMap::find(Timestamp t) const {
    const auto after = std::upper_bound(
        slots_.begin(), slots_.end(), t,
        [](Timestamp time, const ShardSlot& slot) { return time < slot.range.begin; });
    if (after != slots_.begin() && std::prev(after)->range.contains(t)) return *std::prev(after);
    ShardSlot fresh;
    fresh.range.begin = truncate_as_go(t, group_duration_ns_);
    fresh.range.end = fresh.range.begin > kTimestampMax - group_duration_ns_
                          ? kTimestampMax + 1
                          : fresh.range.begin + group_duration_ns_;
    if (after != slots_.begin()) {
        fresh.range.begin = std::max(fresh.range.begin, std::prev(after)->range.end);
    }
    if (after != slots_.end()) fresh.range.end = std::min(fresh.range.end, after->range.begin);
    return fresh;
}

}  // namespace sluice::model
