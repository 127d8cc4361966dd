// Base64 (RFC 4648) as Go's encoding/base64 reads it: padded, and not strict about the bits behind
// the last byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::server {

enum class Base64Alphabet : std::uint8_t { kStandard, kUrl };

// Appends what `text` stands for to `out`. It fails with kInvalid in Go's words, and `out` is then
// of no use.
Result<void> append_base64_decoded(std::string& out, std::string_view text,
                                   Base64Alphabet alphabet);

// Appends the digits of `bytes`, padded.
void append_base64_encoded(std::string& out, std::string_view bytes, Base64Alphabet alphabet);

}  // namespace sluice::server
