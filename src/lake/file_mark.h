// What a Parquet file begins and ends with.
#pragma once

#include <string_view>

namespace sluice::lake {

inline constexpr std::string_view kFileMark = "PAR1";

}  // namespace sluice::lake
