// Columns back to line protocol: what a batch says, for those who are to hear it too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/model/field_type.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/series_index.h"

namespace sluice::ingest {

// Appends one line per row, table by table, with the timestamp in nanoseconds. The batch is
// finished; `index` is the one it was parsed against.
void append_lines(std::string& out, const model::PointBatch& batch,
                  const model::SeriesIndex& index);

// The parts of a line behind its series: a field's name with the sign behind it, and its value.
void append_field_key(std::string& out, std::string_view name);
// kFloat (bits), kInteger, kUnsigned.
void append_number_value(std::string& out, model::FieldType type, std::uint64_t word);
void append_string_value(std::string& out, std::string_view text);
void append_boolean_value(std::string& out, bool value);

// Returns the position of the newline that ends the row beginning at `from`, in a text that
// append_lines() made. Strings may hold newlines of their own.
std::size_t find_row_end(std::string_view lines, std::size_t from);

}  // namespace sluice::ingest
