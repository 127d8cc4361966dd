// Integers as differences from one to the next, packed by 32 (parquet-format/Encodings.md:
// DELTA_BINARY_PACKED). Times at a regular distance and counters become almost nothing.
#pragma once

#include <cstdint>
#include <span>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"

namespace sluice::lake {

// Two's complement. The differences of 32-bit columns, whose values are small, fit as well.
void append_delta_integers(std::span<const std::uint64_t> values, ByteWriter& out);
// Reads `count` of them into `out`, which it clears. False: `bytes` hold something else.
bool read_delta_integers(ByteSpan bytes, std::size_t count, PodVector<std::uint64_t>& out);

}  // namespace sluice::lake
