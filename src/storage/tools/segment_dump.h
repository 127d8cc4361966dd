// A segment as text for `sluice inspect`: what it holds, where its bytes go.
#pragma once

#include <functional>
#include <string_view>

#include "storage/segment/segment_reader.h"

namespace sluice::storage {

struct SegmentDumpOptions {
    bool with_series = false;  // every series key
    bool with_blocks = false;  // every block with its chunks and statistics
};

// Calls `print` with one line at a time, without line end. Stops at the first damage, which it
// returns; what was printed before is right. `reader` and `print` live until completion.
io::Task<Result<void>> dump_segment(const SegmentReader& reader, SegmentDumpOptions options,
                                    const std::function<void(std::string_view)>& print);

}  // namespace sluice::storage
