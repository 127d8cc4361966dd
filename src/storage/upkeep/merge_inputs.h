// The inside of a merge: segments are read front to back, measurement by measurement, and what
// comes out goes to one segment, or to one for each part of the group's home.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "storage/parts/delete_ledger.h"
#include "storage/segment/segment.h"
#include "storage/segment/segment_output.h"
#include "storage/segment/segment_reader.h"

namespace sluice::storage {

// One input, read past the block cache.
struct MergeInput {
    MergeInput(SegmentPtr segment_, std::uint64_t size)
        : segment(std::move(segment_)), access(segment->file(), size) {}

    SegmentPtr segment;
    SequentialAccess access;
    std::unique_ptr<SegmentReader> reader;
};

using MergeInputs = std::vector<std::shared_ptr<MergeInput>>;

io::Task<Result<MergeInputs>> open_inputs(std::vector<SegmentPtr> segments);

// What a segment of a merge is to say of those it was made of: their numbers, and the numbers that
// these say. Nothing where ranges of sequences say it.
std::optional<SegmentIds> lineage_of(const MergeInputs& inputs, bool cuts);

// One output, or one for each part.
using MergeOutputs = std::vector<std::unique_ptr<SegmentOutput>>;

// Writes all rows that `deletes` leave, and returns what each output has. kCorrupt: an input is
// damaged.
io::Task<Result<std::vector<SegmentMeta>>> merge_inputs(io::Reactor& reactor,
                                                        const MergeInputs& inputs,
                                                        Tombstones deletes,
                                                        const MergeOutputs& outputs);

}  // namespace sluice::storage
