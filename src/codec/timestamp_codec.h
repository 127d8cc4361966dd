// Times of a block: ascending within each series, which may be many in one block.
//
// Regular: every step inside a series is the same; then only the first time of each series is
// stored. Otherwise the steps are a stream of their own, whose common divisor, center and patches
// take care of coarse clocks, jitter and gaps.
#pragma once

#include <cstdint>
#include <span>

#include "codec/integer_codec.h"

namespace sluice::codec {

struct TimeScratch {
    StreamScratch stream;
    alignas(64) std::uint64_t firsts[kBlockRowsMax];
    alignas(64) std::uint64_t steps[kBlockRowsMax];
};

// The sum of `run_rows` is times.size(), no run is empty.
void encode_run_times(TimeScratch& scratch, std::span<const model::Timestamp> times,
                      std::span<const std::uint32_t> run_rows, ByteWriter& out);
bool decode_run_times(FrameScratch& scratch, ByteReader& in,
                      std::span<const std::uint32_t> run_rows, std::span<model::Timestamp> out);

}  // namespace sluice::codec
