// Numbers and names as Go's strconv reads and quotes them: InfluxDB's sentences to clients hold
// both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice {

// strconv.ParseInt(text, 10, 64). kInvalid with Go's words: `strconv.ParseInt: parsing "x": invalid
// syntax`.
Result<std::int64_t> parse_go_integer(std::string_view text);

// strconv.Quote: %q. What is not UTF-8, and characters without a shape, are escaped; which these
// are is a table in Go, of which this knows the controls, blanks, marks of direction and private
// use.
std::string quote_go(std::string_view text);

}  // namespace sluice
