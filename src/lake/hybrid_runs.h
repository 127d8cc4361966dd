// Small numbers as Parquet's hybrid of run lengths and bit packing: definition levels and indices
// into a dictionary (parquet-format/Encodings.md: RLE).
#pragma once

#include <cstdint>
#include <span>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"

namespace sluice::lake {

// Numbers of `width` bits each, 1 to 32, without the length in front that a reader may want.
void append_hybrid_runs(std::span<const std::uint32_t> values, unsigned width, ByteWriter& out);
// The same number `count` times.
void append_hybrid_run(std::uint32_t value, std::size_t count, unsigned width, ByteWriter& out);
// Reads `count` numbers into `out`, which it clears. False: `bytes` do not hold so many.
bool read_hybrid_runs(ByteSpan bytes, unsigned width, std::size_t count,
                      PodVector<std::uint32_t>& out);

}  // namespace sluice::lake
