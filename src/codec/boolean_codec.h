// Bitmaps: boolean values, and which rows have a value at all.
#pragma once

#include <cstdint>
#include <span>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"

namespace sluice::codec {

constexpr std::size_t bitmap_words(std::size_t bits) {
    return (bits + 63) / 64;
}

// Appends `count` > 0 bits; bits of the last word beyond them are ignored. One byte when all are
// equal, runs where those are shorter than the bits themselves.
void encode_bitmap(std::span<const std::uint64_t> words, std::size_t count, ByteWriter& out);
// Fills bitmap_words(count) words; bits beyond `count` are 0. False when damaged.
bool decode_bitmap(ByteReader& in, std::size_t count, std::span<std::uint64_t> words);

}  // namespace sluice::codec
