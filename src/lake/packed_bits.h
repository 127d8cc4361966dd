// Numbers of a fixed count of bits, the lowest bit first, without gaps: what Parquet's encodings
// are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"

namespace sluice::lake {

// Appends `values`, and zeros up to `count` of them. `count` is a multiple of 8, and every value
// fits into `width` bits, at most 64.
template <typename T>
void append_packed_bits(std::span<const T> values, unsigned width, std::size_t count,
                        ByteWriter& out) {
    const std::size_t size = count * width / 8;
    std::byte* to = out.append_uninitialized(size);
    const std::byte* const end = to + size;
    std::uint64_t word = 0;
    unsigned used = 0;
    for (const T each : values) {
        const auto value = static_cast<std::uint64_t>(each);
        word |= value << used;
        used += width;
        if (used < 64) continue;
        store_le(to, word);
        to += 8;
        used -= 64;
        // What did not fit; a shift by 64 means nothing in C++.
        word = used == 0 ? 0 : value >> (width - used);
    }
    for (; to != end; ++to) {
        *to = static_cast<std::byte>(word);
        word >>= 8;
    }
}

// Reads `count` numbers of `width` bits, which `bytes` has.
template <typename T>
void read_packed_bits(ByteSpan bytes, unsigned width, std::size_t count, T* out) {
    std::size_t bit = 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t value = 0;
        for (unsigned got = 0; got < width;) {
            const unsigned shift = bit % 8;
            const unsigned taken = width - got < 8 - shift ? width - got : 8 - shift;
            const std::uint64_t piece =
                (static_cast<std::uint64_t>(bytes[bit / 8]) >> shift) & ((1u << taken) - 1);
            value |= piece << got;
            got += taken;
            bit += taken;
        }
        out[i] = static_cast<T>(value);
    }
}

}  // namespace sluice::lake
