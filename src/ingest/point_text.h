// One line taken apart exactly as InfluxDB 1.x does it: the authority on what a line means.
//
// InfluxDB reads a line several times with slightly different ideas of what a backslash or a quote
// does; the verdict on odd lines follows from all of them together. This scanner repeats those
// passes (models/points.go, 1.8: scanLine, parsePoint, scanKey, scanFields, walkFields,
// FieldIterator, scanTime). The fast path takes only lines on which the passes cannot disagree and
// leaves the rest to this one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/model/field_type.h"
#include "sluice/model/timestamp.h"

namespace sluice::ingest {

struct TagText {
    std::string_view key;  // escaped, as written
    std::string_view value;
};

struct FieldText {
    std::string_view name;  // escaped, as written
    std::string_view value;
};

// Views into the line. Reused from line to line.
struct PointText {
    std::string_view key;  // measurement and tags as written
    std::string_view measurement;
    std::vector<TagText> tags;      // in the order of the line; no key twice
    std::vector<FieldText> fields;  // at least one
    std::string_view timestamp;     // empty: none
};

// Where the line that starts at `from` ends: the position of its newline, or the size of the body.
std::size_t find_line_end(std::string_view body, std::size_t from);

// The position after blanks as InfluxDB skips them: space, tab, NUL.
std::size_t skip_blanks(std::string_view text, std::size_t from);

// Takes apart a line without its leading blanks and its newline. Returns InfluxDB's words for what
// is wrong, or an empty string. On success `timestamp` is digits, perhaps after '-'; what follows
// it is checked by check_timestamp().
std::string scan_point(std::string_view line, PointText& point);

// The time that `point.timestamp`, which is not empty, stands for; same kind of result.
std::string read_timestamp(std::string_view line, const PointText& point,
                           model::Precision precision, model::Timestamp& time);

// A value as the storage engine reads it.
struct FieldValueText {
    model::FieldType type;
    std::uint64_t word = 0;  // numbers (a float by its bits); booleans 0 or 1
    std::string_view text;   // strings: between the quotes, still escaped
};

// False where InfluxDB's passes disagree and its engine fails or panics on the value.
bool read_field_value(std::string_view text, FieldValueText& value);

// Undo the escapes: field names and measurements lose a backslash before `,`, `"`, ` ` and `=`
// (pkg/escape), strings one before `"` and `\`.
std::string unescape_name(std::string_view escaped);
std::size_t unescape_string(std::string_view escaped, char* out);

}  // namespace sluice::ingest
