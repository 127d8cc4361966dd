// Code points of UTF-8 text, with Go's treatment of bytes that are none.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// Removes the first code point of `text`, which is not empty. A byte that does not begin a valid
// sequence is removed alone and read as U+FFFD.
char32_t take_utf8(std::string_view& text);

void append_utf8(std::string& out, char32_t code);

}  // namespace sluice
