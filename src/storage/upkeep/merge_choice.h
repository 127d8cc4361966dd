// Which segments of a store are merged next.
//
// A flushed segment has level 0. `merge_width` segments of one level become one of the next, up to
// kMergeLevelMax, while their group is written to, and all of them become one once it went cold: so
// a row is rewritten twice while its group is hot and once when it went cold.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/parts/head_set.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"

namespace sluice::storage {

inline constexpr std::uint32_t kMergeLevelMax = 2;

// One segment is to be made of several, or of one that deletes have touched.
struct SegmentMerge {
    model::ShardGroupId group = 0;
    std::vector<SegmentPtr> inputs;
    bool drop_sequences = false;
};

// Chooses the merge that takes the most segments together, or none. With `into_one`, any group with
// more than one segment is due.
std::optional<SegmentMerge> choose_merge(const StoreLife& life, const SegmentSet& segments,
                                         const HeadSet& heads, bool into_one);

// Returns groups of segments that may be merged with each other: neighbours in the order of their
// sequences, without a damaged one between, and of one level unless `any_level`. Then nothing in
// this store comes between two rows of an output, also when their sequences are gone.
std::vector<std::vector<SegmentPtr>> mergeable_neighbours(std::vector<SegmentPtr> segments,
                                                          bool any_level);

}  // namespace sluice::storage
