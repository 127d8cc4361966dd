// Numbers as Go's strconv reads them, which is what decides whether InfluxDB takes a value.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::ingest {

enum class NumberStatus : std::uint8_t { kOk, kSyntax, kRange };

// strconv.ParseFloat(text, 64) for texts made of digits, '.', 'e', 'E', '+' and '-': correctly
// rounded; too small is zero, too large is kRange.
NumberStatus parse_float(std::string_view text, double& value);
// strconv.ParseInt(text, 10, 64), without a leading '+'.
NumberStatus parse_integer(std::string_view text, std::int64_t& value);
// strconv.ParseUint(text, 10, 64).
NumberStatus parse_unsigned(std::string_view text, std::uint64_t& value);

// Powers of ten that binary64 holds exactly. A mantissa below 2^53 times or divided by one of them
// is one correctly rounded operation (Clinger, "How to Read Floating Point Numbers Accurately").
inline constexpr double kExactPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
inline constexpr int kExactPowerMax = 22;
inline constexpr std::uint64_t kExactMantissaMax = std::uint64_t{1} << 53;

}  // namespace sluice::ingest
