// Finds where a JSON value ends, or what is wrong with it in the words of Go's encoding/json
// (scanner.go), which are part of InfluxDB's answers.
#pragma once

#include <cstddef>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::query {

// Returns the size of the first value of `text`, blanks before it included. As with Go's Decoder it
// does not matter what comes behind. It fails with kInvalid and `EOF`, `unexpected EOF` or `invalid
// character 'x' ...`. Strings may hold bytes that are not UTF-8.
Result<std::size_t> scan_json(std::string_view text);

}  // namespace sluice::query
