// These functions work on runs of bits that begin anywhere. The validity of columns is cut and
// joined by them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace sluice::storage {

constexpr std::size_t bit_words(std::size_t bits) {
    return (bits + 63) / 64;
}
inline void set_bit(std::uint64_t* words, std::size_t bit) {
    words[bit / 64] |= std::uint64_t{1} << (bit % 64);
}

// Returns the `count` (1 to 64) bits from `from` on; higher bits of the result are zero.
inline std::uint64_t load_bits(const std::uint64_t* words, std::size_t from, std::size_t count) {
    const std::size_t word = from / 64;
    const std::size_t shift = from % 64;
    std::uint64_t value = words[word] >> shift;
    if (shift != 0 && shift + count > 64) value |= words[word + 1] << (64 - shift);
    return count == 64 ? value : value & ((std::uint64_t{1} << count) - 1);
}

// Writes the low `count` (1 to 64) bits of `value` at `to`, leaving their neighbours.
inline void store_bits(std::uint64_t* words, std::size_t to, std::uint64_t value,
                       std::size_t count) {
    const std::size_t word = to / 64;
    const std::size_t shift = to % 64;
    const std::uint64_t mask = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    value &= mask;
    words[word] = (words[word] & ~(mask << shift)) | value << shift;
    if (shift != 0 && shift + count > 64) {
        words[word + 1] = (words[word + 1] & ~(mask >> (64 - shift))) | value >> (64 - shift);
    }
}

inline void copy_bits(std::uint64_t* to_words, std::size_t to, const std::uint64_t* from_words,
                      std::size_t from, std::size_t count) {
    while (count != 0) {
        const std::size_t step = count < 64 ? count : 64;
        store_bits(to_words, to, load_bits(from_words, from, step), step);
        to += step;
        from += step;
        count -= step;
    }
}

inline void fill_bits(std::uint64_t* words, std::size_t from, std::size_t count, bool value) {
    while (count != 0) {
        const std::size_t step = count < 64 ? count : 64;
        store_bits(words, from, value ? ~std::uint64_t{0} : 0, step);
        from += step;
        count -= step;
    }
}

inline bool has_bits(const std::uint64_t* words, std::size_t from, std::size_t count) {
    while (count != 0) {
        const std::size_t step = count < 64 ? count : 64;
        if (load_bits(words, from, step) != 0) return true;
        from += step;
        count -= step;
    }
    return false;
}

inline std::size_t count_bits(const std::uint64_t* words, std::size_t from, std::size_t count) {
    std::size_t total = 0;
    while (count != 0) {
        const std::size_t step = count < 64 ? count : 64;
        total += static_cast<std::size_t>(std::popcount(load_bits(words, from, step)));
        from += step;
        count -= step;
    }
    return total;
}

}  // namespace sluice::storage
