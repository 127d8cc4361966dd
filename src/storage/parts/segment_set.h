// A SegmentSet owns the live segments of a store, by shard group, with the cache that their blocks
// are read through.
//
// A segment is in the set from the turn in which the record that makes it live is known to be
// durable, to the turn in which one that ends it is; those who hold it meanwhile keep it. A set
// also remembers what it had and lacks now: segments that were lost, whose rows are missing in
// answers, and ids that were taken for segments which never came to be.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "sluice/io/event.h"
#include "sluice/io/task.h"
#include "storage/cache/block_cache.h"
#include "storage/manifest/manifest_format.h"
#include "storage/parts/store_life.h"
#include "storage/segment/segment.h"

namespace sluice::storage {

// begin() is called once, and close() completes before destruction.
class SegmentSet {
public:
    using Groups = std::map<model::ShardGroupId, std::vector<SegmentPtr>>;

    explicit SegmentSet(StoreLife& life);

    // Starts the task that closes segments which nobody holds any more.
    void begin();
    // Lets all segments go and completes when their files are closed. It waits for whoever holds
    // one.
    io::Task<void> close();

    // Readers that began before `since` do not see it.
    void add(const SegmentRecord& record, Epoch since = 0);
    // Takes a segment out, if it is still there. Its file stays: set_obsolete() removes it.
    void remove(const SegmentPtr& segment);
    // Takes all segments of a group out and returns them, also those that only earlier readers see.
    std::vector<SegmentPtr> take_group(model::ShardGroupId group);

    // Puts segments in the place of others, which the manifest no longer lists. Without an epoch
    // they have the same rows, and every reader may see the one or the other: but what came here at
    // an epoch, readers from before see elsewhere. At `epoch` rows leave for other stores. In both
    // cases the old segments stay as long as there may be readers from before.
    void replace(const std::vector<SegmentPtr>& old, const std::vector<SegmentRecord>& made,
                 Epoch epoch = 0);
    // Notes a segment that another store has handed over: nobody sees it before reveal().
    void add_arriving(const SegmentRecord& record) { arriving_.push_back(record); }
    const std::vector<SegmentRecord>& arriving() const { return arriving_; }
    bool has_arriving(model::ShardGroupId group) const;
    // Shows what has arrived to readers from `epoch` on.
    void reveal(Epoch epoch);
    // Lets go of what only readers from before `oldest` would see: there are none.
    void end_readers_before(Epoch oldest);

    // Per group in the order in which they became live. No group is without a segment. What only
    // earlier readers see is not among them.
    const Groups& groups() const { return groups_; }
    bool has_group(model::ShardGroupId group) const { return groups_.contains(group); }
    // Groups that have at least merge_width segments.
    const std::set<model::ShardGroupId>& crowded() const { return crowded_; }
    // Those that a reader sees.
    std::vector<SegmentPtr> of_group(model::ShardGroupId group, Epoch view) const;
    // Those that the manifest no longer lists, and earlier readers still see.
    const std::vector<SegmentPtr>& departed() const { return departed_; }
    // Finds a live segment, or returns nullptr if it has been merged or dropped meanwhile.
    SegmentPtr find(const SegmentRecord& record) const;
    // Returns whether a group has so many flushed segments, damaged ones left aside, that writes
    // wait for merges.
    bool merges_are_behind() const;

    // When groups were last flushed to, on the monotonic clock. A start does not know: there each
    // group counts as written at begin_ages().
    void note_written(model::ShardGroupId group);
    void begin_ages();
    bool is_cold(model::ShardGroupId group) const;
    // Returns when the next group gets cold, or `latest` if none does before.
    std::int64_t next_cold_ns(std::int64_t latest) const;

    // A segment that left the set and whose rows cannot be read any more.
    void add_lost(const SegmentRecord& record) { lost_.push_back(record); }
    // Segments that were lost in this life with rows of the group in the range.
    std::uint64_t count_lost(model::ShardGroupId group, const model::TimeRange& range) const;

    // Notes that a segment with this id was begun and given up. A removed file may come back with
    // a power cut: the next record of the manifest says that it is gone.
    void abandon(std::uint64_t id) { abandoned_.push_back(id); }
    void take_abandoned(std::vector<ManifestEdit>& edits);
    // Removes the files of segments that no manifest ever named, or that are of a group dropped
    // meanwhile.
    io::Task<void> discard(std::vector<SegmentRecord> segments);

    BlockCache& cache() { return cache_; }
    const BlockCache& cache() const { return cache_; }

    // The compactor waits here. It is notified when there may be something new to merge or purge.
    io::Event merge_wanted;

private:
    // Lets `wanted` segments close that are open and that nobody but the set holds, as far as there
    // are any. Returns how many.
    std::size_t close_idle(std::size_t wanted);

    StoreLife& life_;
    // Segments refer to the cache and are given back to the reaper, so both outlive them.
    BlockCache cache_;
    SegmentReaper reaper_;
    OpenFiles open_files_;
    void note_count(model::ShardGroupId group);

    Groups groups_;
    std::set<model::ShardGroupId> crowded_;
    std::vector<SegmentRecord> arriving_;
    std::vector<SegmentPtr> departed_;
    Epoch oldest_reader_ = 0;               // no reader is from before
    model::ShardGroupId closed_up_to_ = 0;  // where close_idle() goes on
    std::map<model::ShardGroupId, std::int64_t> last_write_ns_;
    std::vector<SegmentRecord> lost_;
    std::vector<std::uint64_t> abandoned_;
    io::Task<void> reaping_;  // last: it is destroyed before the reaper that it runs in
};

}  // namespace sluice::storage
