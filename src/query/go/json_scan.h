// Where a JSON value ends, or what is wrong with it in the words of Go's encoding/json
// (scanner.go): they are part of InfluxDB's answers.
#pragma once

#include <cstddef>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::query {

// The size of the first value of `text`, blanks before it included; as with Go's Decoder it does
// not matter what comes behind. kInvalid: `EOF`, `unexpected EOF`, `invalid character 'x' ...`.
// Strings may hold bytes that are not UTF-8.
Result<std::size_t> scan_json(std::string_view text);

}  // namespace sluice::query
