// A ShardMap tells the parser which shard group of a retention policy a timestamp belongs to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sluice/model/timestamp.h"
#include "sluice/model/write_bounds.h"

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
          group_duration_ns_(group_duration_ns) {
        take_from(time_min, kTimestampMax);
    }
    // The same without a copy: a snapshot keeps the slots of each policy ready.
    static ShardMap sharing(std::shared_ptr<const Slots> slots, std::int64_t group_duration_ns,
                            Timestamp time_min) {
        ShardMap map;
        map.slots_ = std::move(slots);
        map.group_duration_ns_ = group_duration_ns;
        map.take_from(time_min, kTimestampMax);
        return map;
    }

    // For a policy with write limits: a point outside of the bounds is not taken, and named.
    void bind(const WriteBounds& bounds) {
        bounds_ = bounds;
        take_from(bounds.time_min(), bounds.future_max());
    }
    const WriteBounds* bounds() const { return bounds_ ? &*bounds_ : nullptr; }

    // Whether a point of this time is to be stored. One comparison, because every line is asked.
    bool takes(Timestamp t) const {
        return static_cast<std::uint64_t>(t) - static_cast<std::uint64_t>(time_min_) <= time_span_;
    }

    // The existing group that holds `t`, or the range that a new group would get (group 0), cut
    // where it would overlap an existing one.
    ShardSlot find(Timestamp t) const {
        return slots_ == nullptr ? find_in({}, group_duration_ns_, t)
                                 : find_in(*slots_, group_duration_ns_, t);
    }
    static ShardSlot find_in(const Slots& slots, std::int64_t group_duration_ns, Timestamp t);

private:
    void take_from(Timestamp first, Timestamp last) {
        time_min_ = first;
        time_span_ = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
    }

    std::shared_ptr<const Slots> slots_;
    std::int64_t group_duration_ns_ = kWeekNs;
    Timestamp time_min_ = kTimestampMin;
    // Up to the last time that is taken.
    std::uint64_t time_span_ =
        static_cast<std::uint64_t>(kTimestampMax) - static_cast<std::uint64_t>(kTimestampMin);
    std::optional<WriteBounds> bounds_;  // of a policy that has limits
};

}  // namespace sluice::model
