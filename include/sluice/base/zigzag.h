// Maps signed integers to unsigned ones so that small magnitudes stay small (Protocol Buffers,
// "Signed Integers").
#pragma once

#include <cstdint>

namespace sluice {

constexpr std::uint64_t zigzag_encode(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t zigzag_decode(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace sluice
