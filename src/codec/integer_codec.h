// Streams of 64-bit numbers: differences or not, centered or offset, divided by what all share;
// then frames (bit_packing.h). Everything else in this room reduces its data to such streams.
//
// Centered frames store zigzag(x - center) with one center per stream: outliers on either side
// become patches. Offset frames store x - min of the frame: one bit less where values have a floor.
// Which of them, and whether on differences, is decided by packing sample frames each way.
#pragma once

#include <cstdint>
#include <span>

#include "codec/bit_packing.h"
#include "sluice/codec/column_chunk.h"

namespace sluice::codec {

struct StreamScratch {
    FrameScratch frame;
    alignas(64) std::uint64_t differences[kFrameValues];
    alignas(64) std::uint64_t scaled[kBlockRowsMax];
};

// Appends `values` (1 to kBlockRowsMax). The count is not stored.
void encode_stream(StreamScratch& scratch, std::span<const std::uint64_t> values, ByteWriter& out);

// Reads out.size() numbers (1 to kBlockRowsMax), or of them those `wanted`: then other places of
// `out` mean nothing, nor where `in` ends up. False when damaged.
bool decode_stream(FrameScratch& scratch, ByteReader& in, std::span<std::uint64_t> out,
                   RowRange wanted = {});

}  // namespace sluice::codec
