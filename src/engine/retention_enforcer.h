// Decides which shard groups have expired, and does not believe a clock that has just jumped.
//
// A group must be found expired in several checks, a minimum apart on the monotonic clock. When the
// wall clock has moved otherwise than the monotonic one, everything starts anew, and after a jump
// nothing is decided for as long as the jump was wide (at most a day): time for the operator to
// notice, and for NTP to take it back. A clock that is far ahead of what was known before the start
// may be wrong, or the machine was off for long: nobody can tell, so that takes longer. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "sluice/base/units.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::engine {

struct RetentionRules {
    std::uint32_t confirmations = 3;
    std::int64_t spacing_ns = 10 * kMinuteNs;
    // Slewing and leap seconds are no jumps.
    std::int64_t jump_min_ns = kMinuteNs;
    std::int64_t hold_off_max_ns = kDayNs;
    // A start later than this after the last time that was believed is doubted, for as long as the
    // gap is wide, and at most for `start_hold_off_max_ns`; 0: it is believed.
    std::int64_t start_gap_min_ns = kDayNs;
    std::int64_t start_hold_off_max_ns = 7 * kDayNs;
};

class RetentionEnforcer {
public:
    explicit RetentionEnforcer(RetentionRules rules) : rules_(rules) {}

    // The start, before the first check. `known_wall_ns`: what the clock showed when it was last
    // believed.
    void start(std::int64_t known_wall_ns, std::int64_t wall_ns, std::int64_t monotonic_ns);

    // One check. What it returns has expired for certain and is to leave the catalog; it is
    // returned again by later checks as long as the catalog has it.
    std::vector<meta::ExpiredGroup> check(const meta::Catalog& catalog, std::int64_t wall_ns,
                                          std::int64_t monotonic_ns);

    // Returns how far the wall clock moved against the monotonic one at the last check, if it
    // jumped.
    std::int64_t last_jump_ns() const { return last_jump_ns_; }
    // The clock is not believed for this long from `monotonic_ns` on.
    std::int64_t held_off_ns(std::int64_t monotonic_ns) const {
        return std::max<std::int64_t>(hold_until_ns_ - monotonic_ns, 0);
    }
    // How far the clock was ahead at the start, as long as that keeps it from being believed.
    std::int64_t start_gap_ns(std::int64_t monotonic_ns) const {
        return held_off_ns(monotonic_ns) == 0 ? 0 : start_gap_ns_;
    }

private:
    // How often a group has been found expired, when on the monotonic clock that was counted last,
    // and in which check it was seen last.
    struct Sighting {
        std::uint32_t count = 0;
        std::int64_t last_ns = 0;
        std::uint64_t round = 0;
    };

    bool clock_is_steady(std::int64_t wall_ns, std::int64_t monotonic_ns);

    RetentionRules rules_;
    struct Clocks {
        std::int64_t wall_ns;
        std::int64_t monotonic_ns;
    };
    std::optional<Clocks> before_;  // both clocks at the last check
    // On the monotonic clock, which nobody can set.
    std::int64_t hold_until_ns_ = std::numeric_limits<std::int64_t>::min() / 2;
    std::int64_t start_gap_ns_ = 0;
    std::int64_t last_jump_ns_ = 0;
    std::uint64_t round_ = 0;
    std::map<model::ShardGroupId, Sighting> sightings_;
};

}  // namespace sluice::engine
