// Text that must be UTF-8: readers of Parquet refuse a whole file for one string that is not.
#pragma once

#include <string>
#include <string_view>

namespace sluice::lake {

bool is_utf8(std::string_view text);
// With U+FFFD in place of each byte that belongs to no character.
std::string with_replacements(std::string_view text);

}  // namespace sluice::lake
