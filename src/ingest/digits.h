// Eight decimal digits at a time, in a general-purpose register (Lemire, "Quickly parsing eight
// digits", 2018). Static, so that every instruction set has a copy of its own.
#pragma once

#include <cstdint>

namespace sluice::ingest {

// Turns the digits among eight bytes of text into 0..9 and all other bytes into something else.
static inline std::uint64_t digits_of(std::uint64_t text) {
    return text ^ 0x3030303030303030;
}

// The high bit of each byte of digits_of() that is no digit, right up to and including the first
// one and for ASCII text.
static inline std::uint64_t non_digits(std::uint64_t digits) {
    // Adding 0x76 lifts 10 and more over 0x7f; only a byte that is no digit can carry.
    return ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
}

// The number that eight bytes 0..9 stand for, the first byte being the most significant.
static inline std::uint64_t eight_digits(std::uint64_t digits) {
    digits = digits * 10 + (digits >> 8);
    return (((digits & 0x000000FF000000FF) * 0x000F424000000064) +
            (((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >>
           32;
}

static inline bool ends_value(char c) {
    return c == ',' || c == ' ' || c == '\n';
}

}  // namespace sluice::ingest
