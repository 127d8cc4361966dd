// Columns back to line protocol: what a batch says, for those who are to hear it too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sluice/model/point_batch.h"
#include "sluice/model/series_index.h"

namespace sluice::ingest {

// Appends one line per row, table by table, with the timestamp in nanoseconds. The batch is
// finished; `index` is the one it was parsed against.
void append_lines(std::string& out, const model::PointBatch& batch,
                  const model::SeriesIndex& index);

// Returns the position of the newline that ends the row beginning at `from`, in a text that
// append_lines() made. Strings may hold newlines of their own.
std::size_t find_row_end(std::string_view lines, std::size_t from);

}  // namespace sluice::ingest
