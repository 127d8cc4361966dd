// A HomeLedger keeps what a store was told of the homes of its shard groups, and so which of its
// segments lie where they belong.
//
// It is not durable: segments say which part they hold, and what was chosen before is found again
// by that. Until the store has been told, it believes what its segments say.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "sluice/storage/neighbours.h"
#include "storage/parts/store_life.h"
#include "storage/segment/segment_record.h"

namespace sluice::storage {

class HomeLedger {
public:
    explicit HomeLedger(const StoreLife& life) : life_(life) {}

    void set(model::ShardGroupId group, GroupHome home) {
        no_home_needed_.erase(group);
        homes_[group] = std::move(home);
    }
    void forget(model::ShardGroupId group) {
        no_home_needed_.erase(group);
        homes_.erase(group);
        asked_ns_.erase(group);
    }

    // Returns whether all rows of the segment are where they belong. Without neighbours they are.
    bool is_at_home(const SegmentRecord& record) const {
        if (life_.options.neighbours == nullptr) return true;
        if (record.part.is_any()) return false;
        const auto home = homes_.find(record.meta.group);
        if (home == homes_.end()) return true;
        return record.part.count == home->second.parts() &&
               home->second.stores[record.part.number] == life_.options.number;
    }

    bool knows(model::ShardGroupId group) const {
        return homes_.contains(group) || no_home_needed_.contains(group);
    }
    // The group was found to lie in this store alone, and to be small: that counts until set().
    void note_no_home_needed(model::ShardGroupId group) { no_home_needed_.insert(group); }
    bool needs_no_home(model::ShardGroupId group) const { return no_home_needed_.contains(group); }

    // Other stores still have rows of the group that may belong here, or did not take what belongs
    // to them: the group waits, and they are asked again after a while.
    void note_waiting(model::ShardGroupId group) {
        asked_ns_[group] = life_.reactor.monotonic_ns();
    }
    void end_waiting(model::ShardGroupId group) { asked_ns_.erase(group); }
    bool is_waiting(model::ShardGroupId group) const {
        const auto asked = asked_ns_.find(group);
        return asked != asked_ns_.end() &&
               life_.reactor.monotonic_ns() < asked->second + kAskAgainNs;
    }

private:
    static constexpr std::int64_t kAskAgainNs = 30 * kSecondNs;

    const StoreLife& life_;
    std::map<model::ShardGroupId, GroupHome> homes_;
    std::set<model::ShardGroupId> no_home_needed_;
    std::map<model::ShardGroupId, std::int64_t> asked_ns_;
};

}  // namespace sluice::storage
