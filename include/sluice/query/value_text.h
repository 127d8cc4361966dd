// Strings, numbers and times as Go writes them into InfluxDB's answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::query {

// JSON with Go's escapes: < > & as \u003c \u003e \u0026, U+2028 and U+2029 escaped, bytes that are
// not UTF-8 as \ufffd. Quotes included.
void append_json_string(std::string& out, std::string_view text);

// Shortest digits that read back as `value`; plain notation for 1e-6 <= |x| < 1e21 and zero, else
// an exponent without leading zeros. `value` is finite.
void append_json_float(std::string& out, double value);

// Shortest digits, always plain notation (strconv.FormatFloat 'f', -1).
void append_plain_float(std::string& out, double value);

// Appends a time in RFC 3339, its fraction without trailing zeros. `ahead_ns` shifts it to clocks
// that are so far ahead of UTC; the text ends with Z nevertheless.
void append_rfc3339(std::string& out, std::int64_t timestamp_ns, std::int64_t ahead_ns = 0);

}  // namespace sluice::query
