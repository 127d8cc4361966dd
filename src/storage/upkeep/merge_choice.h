// Which segments of a store are merged next.
//
// A flushed segment has level 0. `merge_width` segments of one level become one of the next, up to
// kMergeLevelMax, while their group is written to, and all of them become one once it went cold: so
// a row is rewritten twice while its group is hot and once when it went cold.
//
// Where there are other stores, what came in and what is at home are merged apart: the first merge
// of rows that came in cuts them into parts. A group that went cold is first sorted, and then made
// one, so that what arrives from others is not rewritten for itself.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/parts/head_set.h"
#include "storage/parts/home_ledger.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"

namespace sluice::storage {

inline constexpr std::uint32_t kMergeLevelMax = 2;

// One segment is to be made of several, or of one that deletes have touched; or several are to be
// cut into the parts that their series belong to.
struct SegmentMerge {
    model::ShardGroupId group = 0;
    std::vector<SegmentPtr> inputs;
    bool cuts = false;
    // They are all that the store has of a cold group: one run is to come out.
    bool is_last = false;
    bool drop_sequences = false;
};

// A MergeChooser chooses what is merged next.
class MergeChooser {
public:
    // All arguments outlive it.
    MergeChooser(const StoreLife& life, const SegmentSet& segments, const HeadSet& heads,
                 const HomeLedger& homes)
        : life_(life), segments_(segments), heads_(heads), homes_(homes) {}

    // Chooses the merge of a hot group that takes the most segments together; if none is due, any
    // of a cold group, one group after the other. With `into_one`, any group with more than one
    // segment is due.
    std::optional<SegmentMerge> choose(bool into_one);

    // Cold groups with segments that came in, of which nobody knows where they belong.
    std::vector<model::ShardGroupId> strays() const;

private:
    bool is_cold(model::ShardGroupId group) const {
        return segments_.is_cold(group) && !heads_.has_group(group);
    }
    void look_at_hot(model::ShardGroupId group, const std::vector<SegmentPtr>& all,
                     SegmentMerge& best) const;
    std::optional<SegmentMerge> look_at_cold(model::ShardGroupId group,
                                             const std::vector<SegmentPtr>& all,
                                             bool is_cold) const;

    const StoreLife& life_;
    const SegmentSet& segments_;
    const HeadSet& heads_;
    const HomeLedger& homes_;
    model::ShardGroupId last_cold_ = 0;  // the last cold group that was chosen
};

// Returns groups of segments that may be merged with each other: neighbours in the order of their
// sequences, without a damaged one between, and of one level unless `any_level`. Then nothing in
// this store comes between two rows of an output, also when their sequences are gone.
std::vector<std::vector<SegmentPtr>> mergeable_neighbours(std::vector<SegmentPtr> segments,
                                                          bool any_level);

}  // namespace sluice::storage
