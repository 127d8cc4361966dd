#include "sluice/model/shard_map.h"

#include <algorithm>

namespace sluice::model {

ShardSlot ShardMap::find_in(const Slots& slots, std::int64_t group_duration_ns, Timestamp t) {
    const auto after = std::upper_bound(
        slots.begin(), slots.end(), t,
        [](Timestamp time, const ShardSlot& slot) { return time < slot.range.begin; });
    if (after != slots.begin() && std::prev(after)->range.contains(t)) return *std::prev(after);
    ShardSlot fresh;
    fresh.range.begin = truncate_as_go(t, group_duration_ns);
    fresh.range.end = fresh.range.begin > kTimestampMax - group_duration_ns
                          ? kTimestampMax + 1
                          : fresh.range.begin + group_duration_ns;
    if (after != slots.begin()) {
        fresh.range.begin = std::max(fresh.range.begin, std::prev(after)->range.end);
    }
    if (after != slots.end()) fresh.range.end = std::min(fresh.range.end, after->range.begin);
    return fresh;
}

}  // namespace sluice::model
