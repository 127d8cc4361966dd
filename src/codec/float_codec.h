// Doubles as a stream of integers, losslessly: most measured values are decimals with few digits.
//
// Decimal (after ALP: Afroozeh, Kuffo, Boncz, SIGMOD 2024): value = integer / 10^digits, one count
// of digits per chunk, found on a sample. ALP multiplies by a rounded inverse and lists what that
// breaks; we divide, which IEEE 754 rounds correctly, so every decimal that a parser read with up
// to 15 digits comes back bit for bit, and a vector division is fast enough. What is no such
// decimal (also -0.0) is listed as it is.
//
// Bits: for the rest, the 64 bits as an integer: sign moved to the low end (so that magnitude
// decides) and common trailing zeros dropped (floats widened from 32 bits have 29). Differences and
// frames then do what XOR schemes do with leading zeros.
#pragma once

#include <cstdint>
#include <span>

#include "codec/integer_codec.h"
#include "sluice/base/byte_writer.h"

namespace sluice::codec {

struct FloatScratch {
    StreamScratch stream;
    alignas(64) std::uint64_t integers[kBlockRowsMax];
    alignas(64) std::uint64_t inexact[kBlockRowsMax / 64];
};

// `values` are the bits of doubles. The first byte says which way was taken.
void encode_floats(FloatScratch& scratch, std::span<const std::uint64_t> values, ByteWriter& out);
// As decode_stream().
bool decode_floats(FrameScratch& scratch, ByteReader& in, std::span<std::uint64_t> out,
                   RowRange wanted = {});

}  // namespace sluice::codec
