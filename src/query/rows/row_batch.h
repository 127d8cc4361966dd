// A RowBatch holds the rows of one core on their way to the core that merges them.
//
// It is filled on its core and moved as a whole. Rows and not columns, because the answer takes
// them row by row, from one series and another.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "query/expr/value.h"
#include "sluice/base/arena.h"
#include "sluice/base/check.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

// Consecutive rows of one series from one store, ascending in time.
struct SeriesRows {
    std::string key;
    std::uint32_t source = 0;
    std::uint32_t group = 0;
    std::uint32_t tag_set = 0;
    bool is_shared = false;  // other stores have rows of it too
    bool has_more = false;   // rows behind a limit were left out
    std::size_t begin = 0;
    std::size_t end = 0;
};

// The sequence of rows that were taken from the statistics of a block.
inline constexpr std::uint64_t kUnknownSequence = std::numeric_limits<std::uint64_t>::max();

// `series` divides the rows: each row belongs to exactly one, and those of one store follow each
// other in the order of their keys, piece by piece.
struct RowBatch {
    std::size_t width = 0;  // values of a row, as many as the plan has fields
    std::vector<SeriesRows> series;
    std::vector<model::Timestamp> times;
    std::vector<std::uint64_t> sequences;  // of shared series; else empty or 0
    std::vector<Value> values;
    std::uint64_t shared_rows = 0;
    Arena text{16 * 1024};
    bool overflow = false;  // stopped at its bound: the batch is of no use

    // Copies rows [first, last) of another batch. Their strings stay there, so that batch outlives
    // this one.
    void append(const RowBatch& from, std::size_t first, std::size_t last) {
        SLUICE_CHECK(from.width == width && first <= last && last <= from.times.size());
        const auto at = [](std::size_t index) { return static_cast<std::ptrdiff_t>(index); };
        times.insert(times.end(), from.times.begin() + at(first), from.times.begin() + at(last));
        values.insert(values.end(), from.values.begin() + at(first * width),
                      from.values.begin() + at(last * width));
    }
    const Value* row(std::size_t index) const { return values.data() + index * width; }
    std::uint64_t memory_bytes() const {
        return times.capacity() * sizeof(model::Timestamp) +
               sequences.capacity() * sizeof(std::uint64_t) + values.capacity() * sizeof(Value) +
               text.memory_bytes() + series.capacity() * (sizeof(SeriesRows) + 96);
    }
};

}  // namespace sluice::query
