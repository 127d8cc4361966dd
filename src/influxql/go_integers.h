// Arithmetic of 64-bit integers as Go does it: it wraps around, where C++ has no answer.
//
// All numbers here come from the texts of clients, so each of them may be the smallest or the
// largest there is.
#pragma once

#include <cstdint>
#include <limits>

namespace sluice::influxql {

inline std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
inline std::int64_t wrapping_subtract(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
inline std::int64_t wrapping_multiply(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
// The smallest integer is its own negative.
inline std::int64_t wrapping_negate(std::int64_t a) {
    return wrapping_subtract(0, a);
}

// int64(value) of Go on amd64: without the fraction, and the smallest integer for whatever does not
// fit (CVTTSD2SI gives that). 2^63 is a double and the first that is too large; the largest integer
// is none.
inline std::int64_t truncate_to_integer(double value) {
    if (value >= -0x1p63 && value < 0x1p63) return static_cast<std::int64_t>(value);
    return std::numeric_limits<std::int64_t>::min();
}

}  // namespace sluice::influxql
