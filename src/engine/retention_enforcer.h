// Decides which shard groups have expired, and does not believe a clock that has just jumped.
//
// A group must be found expired in several checks, a minimum apart on the monotonic clock. When the
// wall clock has moved otherwise than the monotonic one, everything starts anew, and after a jump
// nothing is decided for as long as the jump was wide (at most a day): time for the operator to
// notice, and for NTP to take it back. Pure.
#pragma once

#include <cstdint>
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
};

class RetentionEnforcer {
public:
    explicit RetentionEnforcer(RetentionRules rules) : rules_(rules) {}

    // One check. What it returns has expired for certain and is to leave the catalog; it is
    // returned again by later checks as long as the catalog has it.
    std::vector<meta::ExpiredGroup> check(const meta::Catalog& catalog, std::int64_t wall_ns,
                                          std::int64_t monotonic_ns);

    // Returns how far the wall clock moved against the monotonic one at the last check, if it
    // jumped.
    std::int64_t last_jump_ns() const { return last_jump_ns_; }

private:
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
    std::optional<Clocks> before_;
    std::int64_t hold_until_ns_ = 0;
    std::int64_t last_jump_ns_ = 0;
    std::uint64_t round_ = 0;
    std::map<model::ShardGroupId, Sighting> sightings_;
};

}  // namespace sluice::engine
