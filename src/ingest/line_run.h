// The fast path: line after line, as long as they look like those before.
//
// It takes a line only when key, field names, values and timestamp are of the plain kind on which
// all of InfluxDB's passes agree; on anything else it stops in front of the line, without a trace,
// and the careful path reads it. So it decides nothing: it only confirms guesses.
//
// line_run_body.h holds the loop; it is compiled once per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ingest/careful_path.h"
#include "ingest/field_shape.h"
#include "ingest/plain_key.h"

namespace sluice::ingest {

// A value of the line at hand.
struct StagedValue {
    std::uint64_t word = 0;  // numbers, booleans; address of a string
    std::uint32_t size = 0;  // of a string
    std::uint16_t field = 0;
    model::FieldType type = model::FieldType::kFloat;
};

class LineRun {
public:
    // The loops load up to this many bytes past a position they have checked.
    static constexpr std::size_t kMargin = 128;

    enum class Stop : std::uint8_t {
        kEnd,      // cursor >= limit
        kCareful,  // the line at cursor needs the careful path
    };

    LineRun(Request& request_, FieldShapes& shapes_, std::vector<StagedValue>& values_,
            PlainKey& plain_key_, std::uint64_t request_number_)
        : request(request_),
          shapes(shapes_),
          values(values_),
          plain_key(plain_key_),
          request_number(request_number_) {}

    // Lines begin at cursor and before limit. Bytes up to limit + kMargin may be read.
    const char* cursor = nullptr;
    const char* limit = nullptr;
    // From the bytes being read to the same bytes in the body.
    std::ptrdiff_t to_body = 0;

    Request& request;
    FieldShapes& shapes;
    std::vector<StagedValue>& values;
    PlainKey& plain_key;
    std::uint64_t request_number;

    // Of the line before: its spelling, its shape and its timestamp.
    model::SpellingId spelling = model::SeriesIndex::kNone;
    FieldShape* shape = nullptr;
    char time_text[21] = "0000000000000000000\n";
    model::Timestamp time = 0;

    // The parts that are not worth compiling for several instruction sets.

    // A number of any length at `at`, ended by comma, space or newline. Null: not plain.
    static const char* read_number(const char* at, const char* end, StagedValue& value);
    static const char* read_boolean(const char* at, StagedValue& value);
    // A string with escapes, unescaped into the batch's arena.
    void stage_escaped(std::string_view escaped, StagedValue& value);
    // Digits at `at`, ended by a newline. Null: not plain.
    static const char* read_time(const char* at, const char* end, std::int64_t& number);
    // Adds the series that a key without backslashes spells; kNone where the key is not plain.
    model::SpellingId add_series(std::string_view text, std::uint64_t hash);
    // Points `shape` at the table for a row of that time.
    void select_table(model::Timestamp time_of_row);
};

using RunLines = LineRun::Stop(LineRun&);

RunLines run_lines_scalar;
#if defined(__x86_64__)
RunLines run_lines_avx2;
RunLines run_lines_avx512;
#endif

}  // namespace sluice::ingest
