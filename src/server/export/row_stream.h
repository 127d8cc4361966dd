// The rows that one store has of a measurement: the next one is `row` of `run`. What a run refers
// to is valid until its source goes on.
#pragma once

#include <cstddef>
#include <utility>

#include "sluice/storage/scan.h"

namespace sluice::server {

struct RowStream {
    // By series, time and sequence. Both have a row, with a sequence.
    bool is_before(const RowStream& other) const {
        if (const int order = run.series_key.compare(other.run.series_key); order != 0) {
            return order < 0;
        }
        return std::pair(run.times[row], run.sequences[row]) <
               std::pair(other.run.times[other.row], other.run.sequences[other.row]);
    }

    storage::SeriesRun run;
    std::size_t row = 0;
};

}  // namespace sluice::server
