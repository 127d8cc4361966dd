// The record of a segment in the manifest.
#pragma once

#include <cstdint>

#include "sluice/storage/neighbours.h"
#include "storage/segment/segment_format.h"

namespace sluice::storage {

// A live segment.
struct SegmentRecord {
    std::uint64_t id = 0;
    // How often its rows have been merged: 0 for a flushed segment.
    std::uint32_t level = 0;
    bool has_sequences = false;
    // Deletes up to this sequence have been applied to its rows.
    std::uint64_t deletes_applied = 0;
    HomePart part;  // edits of the manifest: HoldsPart
    SegmentMeta meta;
    bool operator==(const SegmentRecord&) const = default;
};

}  // namespace sluice::storage
