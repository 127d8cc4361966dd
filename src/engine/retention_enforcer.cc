#include "engine/retention_enforcer.h"

#include <algorithm>
#include <cstdlib>

#include "sluice/base/check.h"

namespace sluice::engine {

void RetentionEnforcer::start(std::int64_t known_wall_ns, std::int64_t wall_ns,
                              std::int64_t monotonic_ns) {
    SLUICE_CHECK(round_ == 0 && sightings_.empty());
    before_ = Clocks{wall_ns, monotonic_ns};
    if (wall_ns <= known_wall_ns) return;
    // Both are of this era: the difference fits.
    const std::int64_t gap = wall_ns - known_wall_ns;
    const std::int64_t hold = std::min(gap, rules_.start_hold_off_max_ns);
    // A machine that was off over a weekend is believed; one whose clock is a year ahead has to
    // prove it.
    if (gap < rules_.start_gap_min_ns || hold <= 0) return;
    start_gap_ns_ = gap;
    hold_until_ns_ = monotonic_ns + hold;
}

// Both clocks have moved on by the same time since the last check, or else somebody set the wall
// clock. A jump either way takes all confirmations back: they were made by a clock that is not
// believed now.
bool RetentionEnforcer::clock_is_steady(std::int64_t wall_ns, std::int64_t monotonic_ns) {
    last_jump_ns_ = 0;
    if (before_.has_value()) {
        SLUICE_CHECK(monotonic_ns >= before_->monotonic_ns);
        const std::int64_t moved =
            (wall_ns - before_->wall_ns) - (monotonic_ns - before_->monotonic_ns);
        if (std::abs(moved) >= rules_.jump_min_ns) {
            last_jump_ns_ = moved;
            // The clock of the start is put right.
            if (start_gap_ns_ != 0 && start_gap_ns_ + moved < rules_.start_gap_min_ns) {
                start_gap_ns_ = 0;
                hold_until_ns_ = monotonic_ns;
            }
            const std::int64_t hold = std::min(std::abs(moved), rules_.hold_off_max_ns);
            hold_until_ns_ = std::max(hold_until_ns_, monotonic_ns + hold);
            sightings_.clear();
        }
    }
    before_ = Clocks{wall_ns, monotonic_ns};
    return monotonic_ns >= hold_until_ns_;
}

std::vector<meta::ExpiredGroup> RetentionEnforcer::check(const meta::Catalog& catalog,
                                                         std::int64_t wall_ns,
                                                         std::int64_t monotonic_ns) {
    std::vector<meta::ExpiredGroup> expired;
    if (!clock_is_steady(wall_ns, monotonic_ns)) return expired;
    ++round_;
    for (const auto& database : catalog.databases) {
        for (const auto& policy : database->retention_policies) {
            // Points of a group may be written until its end, and live for the duration after that.
            const model::Timestamp time_min = policy->time_min(wall_ns);
            for (const model::ShardSlot& slot : policy->shard_slots) {
                // Groups are in the order of their times: no later one has expired either.
                if (policy->duration_ns == 0 || slot.range.end >= time_min) break;
                Sighting& sighting = sightings_[slot.group];
                sighting.round = round_;
                if (sighting.count == 0 || monotonic_ns - sighting.last_ns >= rules_.spacing_ns) {
                    ++sighting.count;
                    sighting.last_ns = monotonic_ns;
                }
                if (sighting.count >= rules_.confirmations) {
                    expired.push_back({database->name, policy->name, slot.group, slot.range});
                }
            }
        }
    }
    // A longer duration, or a clock that went back slowly, takes the confirmations back.
    std::erase_if(sightings_, [this](const auto& each) { return each.second.round != round_; });
    return expired;
}

}  // namespace sluice::engine
