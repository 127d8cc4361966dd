// How much of a body is parsed at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sluice/model/point_batch.h"

namespace sluice::server {

// The bytes that are parsed without a look at the clock: a tenth of a millisecond if series are
// known, a millisecond if they are new.
inline constexpr std::size_t kParseSliceBytes = 256 * 1024;

// Less where lines have different fields: the memory that their batch takes is asked for between
// two pieces.
class PieceSize {
public:
    std::size_t bytes() const { return bytes_; }
    // After a piece of these bytes.
    void choose(const model::PointBatch& batch) {
        parsed_bytes_ += bytes_;
        const std::uint64_t batch_bytes = batch.cell_count() * sizeof(std::uint64_t);
        const bool is_sparse = batch_bytes > kUsualRatio * parsed_bytes_;
        bytes_ = is_sparse ? kLeast : std::min(bytes_ * 2, kParseSliceBytes);
    }

private:
    // A thousand lines of a field.
    static constexpr std::size_t kLeast = 16 * 1024;
    // Of cells to text: a cell is eight bytes, and a field takes three at least.
    static constexpr std::uint64_t kUsualRatio = 4;

    std::size_t bytes_ = kLeast;
    std::uint64_t parsed_bytes_ = 0;
};

}  // namespace sluice::server
