// How many rows are in arrays at once where rows are passed on, flushed or merged.
#pragma once

#include <algorithm>
#include <cstddef>

#include "sluice/codec/column_chunk.h"

namespace sluice::storage {

// Bounds the arrays of measurements with very many fields, most of which have no value in most
// rows: 1 Mi values are 8 MiB.
inline constexpr std::size_t kBlockValuesMax = std::size_t{1} << 20;
inline constexpr std::size_t kBlockRowsLeast = 64;

constexpr std::size_t block_rows_max(std::size_t columns) {
    return std::clamp<std::size_t>(kBlockValuesMax / std::max<std::size_t>(columns, 1),
                                   kBlockRowsLeast, codec::kBlockRowsMax);
}
static_assert(block_rows_max(10) == codec::kBlockRowsMax);

}  // namespace sluice::storage
