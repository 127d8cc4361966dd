// A ShardMap tells the parser which shard group of a retention policy a timestamp belongs to.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sluice/model/timestamp.h"

namespace sluice::model {

// Unique in the whole catalog and never used again; 0 stands for "does not exist yet".
using ShardGroupId = std::uint64_t;

struct ShardSlot {
    TimeRange range;
    ShardGroupId group = 0;
};

// A value taken from one catalog snapshot for one request. Copies share the slots.
class ShardMap {
public:
    using Slots = std::vector<ShardSlot>;

    ShardMap() = default;
    // `slots` are the existing groups, sorted by range.begin and without overlap.
    // `group_duration_ns` is the duration of groups yet to be made. Points before `time_min` are
    // beyond the policy.
    ShardMap(Slots slots, std::int64_t group_duration_ns, Timestamp time_min)
        : slots_(std::make_shared<const Slots>(std::move(slots))),
          group_duration_ns_(group_duration_ns),
          time_min_(time_min) {}
    // The same without a copy: a snapshot keeps the slots of each policy ready.
    static ShardMap sharing(std::shared_ptr<const Slots> slots, std::int64_t group_duration_ns,
                            Timestamp time_min) {
        ShardMap map;
        map.slots_ = std::move(slots);
        map.group_duration_ns_ = group_duration_ns;
        map.time_min_ = time_min;
        return map;
    }

    Timestamp time_min() const { return time_min_; }

    // The existing group that holds `t`, or the range that a new group would get (group 0), cut
    // where it would overlap an existing one.
    ShardSlot find(Timestamp t) const {
        return slots_ == nullptr ? find_in({}, group_duration_ns_, t)
                                 : find_in(*slots_, group_duration_ns_, t);
    }
    static ShardSlot find_in(const Slots& slots, std::int64_t group_duration_ns, Timestamp t);

private:
    std::shared_ptr<const Slots> slots_;
    std::int64_t group_duration_ns_ = kWeekNs;
    Timestamp time_min_ = kTimestampMin;
};

}  // namespace sluice::model
