// A GroupLedger keeps what a store must know of its shard groups beside their rows: which of them
// it may hold anything of, which are dropped, and what the manifest says of them for the day on
// which the catalog is lost.
//
// The manifest is not asked alone, because it learns of groups late: rows are in a log long before
// the first segment of their group, and a drop is true for readers before its record is durable.
#pragma once

#include <set>
#include <vector>

#include "sluice/io/task.h"
#include "storage/manifest/manifest.h"
#include "storage/parts/store_life.h"

namespace sluice::storage {

class GroupLedger {
public:
    // Both outlive it.
    GroupLedger(StoreLife& life, Manifest& manifest) : life_(life), manifest_(manifest) {}

    // Notes that rows of the group are on their way, before they are logged. The first time, the
    // manifest is told what the group is; those who write do not wait for that.
    void note(model::ShardGroupId group) {
        // Batches come in runs of one group.
        if (group != last_noted_) note_another(group);
    }
    // Notes groups that the logs of earlier lives speak of.
    void add_replayed(const std::set<model::ShardGroupId>& groups) {
        replayed_.insert(groups.begin(), groups.end());
    }
    bool is_replayed(model::ShardGroupId group) const { return replayed_.contains(group); }
    // Returns whether the store may have rows of the group outside its segments, also in its logs
    // alone: those keep what a delete or an error kept out of the heads.
    bool may_have_rows(model::ShardGroupId group) const {
        return noted_.contains(group) || replayed_.contains(group) ||
               manifest_.state().groups.contains(group) ||
               dropping_.contains(group);  // its record failed
    }

    // Returns whether the group is gone for readers and for rows on their way.
    bool is_dropped(model::ShardGroupId group) const {
        return manifest_.state().dropped_groups.contains(group) || dropping_.contains(group);
    }
    // A drop is under way from here until its record is durable. One whose record failed stays.
    void begin_drop(model::ShardGroupId group) { dropping_.insert(group); }
    void end_drop(model::ShardGroupId group) {
        SLUICE_CHECK(manifest_.state().dropped_groups.contains(group));
        dropping_.erase(group);
    }
    const std::set<model::ShardGroupId>& drops_under_way() const { return dropping_; }

    // Adds the descriptions of the groups of new segments, where the manifest has none yet.
    void describe(const std::vector<SegmentRecord>& made, std::vector<ManifestEdit>& edits) const;

private:
    void note_another(model::ShardGroupId group);
    io::Task<void> record();

    StoreLife& life_;
    Manifest& manifest_;
    model::ShardGroupId last_noted_ = 0;  // 0: none, as no group has this number
    std::set<model::ShardGroupId> noted_;
    // Those of noted_ that record() is about to describe; it runs while there are some.
    std::set<model::ShardGroupId> to_describe_;
    std::set<model::ShardGroupId> replayed_;
    std::set<model::ShardGroupId> dropping_;
};

}  // namespace sluice::storage
