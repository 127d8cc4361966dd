#include "codec/float_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sluice::codec {
namespace {

// First byte of a float payload: 0 to kDigitsMax are decimal digits.
constexpr std::uint8_t kBits = 0x40;
constexpr std::uint8_t kExceptions = 0x80;  // added to digits: a list of exceptions follows

// Beyond 15 digits hardly any double is a decimal of that length by design; more than 18 do not fit
// the 51 bits of the fast rounding in any range of use.
constexpr unsigned kDigitsMax = 18;
constexpr double kPowers[kDigitsMax + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                            1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                            1e14, 1e15, 1e16, 1e17, 1e18};
constexpr std::size_t kSamplesMax = 32;

// What Kernels::to_decimal does, for one value. Also false for huge doubles, whose bits would come
// back by accident of the rounding trick, from integers that are no use.
bool is_decimal(double value, unsigned digits) {
    constexpr double kRounding = 0x1.8p52;
    constexpr double kIntegerMax = 0x1p51;
    const double scaled = value * kPowers[digits];
    if (!(std::fabs(scaled) < kIntegerMax)) return false;
    const double integer = scaled + kRounding - kRounding;
    return std::bit_cast<std::uint64_t>(integer / kPowers[digits]) ==
           std::bit_cast<std::uint64_t>(value);
}

// The least digits that make the value a decimal, or kDigitsMax + 1. `guess` is tried first.
unsigned digits_of(double value, unsigned guess) {
    unsigned digits = guess;
    if (is_decimal(value, digits)) {
        while (digits > 0 && is_decimal(value, digits - 1)) --digits;
        return digits;
    }
    while (++digits <= kDigitsMax) {
        if (is_decimal(value, digits)) return digits;
    }
    return digits;
}

// The least digits that make at least seven of eight samples decimals, or -1.
int find_digits(std::span<const std::uint64_t> values) {
    std::uint32_t samples_by_digits[kDigitsMax + 2] = {};
    const std::size_t step = values.size() / kSamplesMax + 1;
    std::size_t samples = 0;
    unsigned guess = 0;
    for (std::size_t i = 0; i < values.size(); i += step) {
        const unsigned digits = digits_of(std::bit_cast<double>(values[i]), guess);
        ++samples_by_digits[digits];
        ++samples;
        if (digits <= kDigitsMax) guess = std::max(guess, digits);
        const std::size_t failed = samples_by_digits[kDigitsMax + 1];
        if (failed >= kSamplesMax / 4 && failed * 2 > samples) return -1;
    }
    std::size_t covered = 0;
    for (unsigned digits = 0; digits <= kDigitsMax; ++digits) {
        covered += samples_by_digits[digits];
        if (covered * 8 >= samples * 7) return static_cast<int>(digits);
    }
    return -1;
}

void write_exceptions(std::span<const std::uint64_t> values, std::span<const std::uint64_t> inexact,
                      std::uint32_t count, ByteWriter& out) {
    out.write(static_cast<std::uint16_t>(count));
    for (std::size_t word = 0; word < inexact.size(); ++word) {
        for (std::uint64_t bits = inexact[word]; bits != 0; bits &= bits - 1) {
            const std::size_t row = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
            out.write(static_cast<std::uint16_t>(row));
            out.write(values[row]);
        }
    }
}

// An exception takes its neighbour's integer: it then costs no bits in the stream.
void smooth_exceptions(std::span<std::uint64_t> integers, std::span<const std::uint64_t> inexact) {
    std::size_t good = 0;
    while (good < integers.size() && ((inexact[good / 64] >> (good % 64)) & 1) != 0) ++good;
    std::uint64_t last = good < integers.size() ? integers[good] : 0;
    for (std::size_t i = 0; i < integers.size(); ++i) {
        if (((inexact[i / 64] >> (i % 64)) & 1) != 0) integers[i] = last;
        last = integers[i];
    }
}

bool encode_decimals(FloatScratch& scratch, std::span<const std::uint64_t> values, unsigned digits,
                     ByteWriter& out) {
    const std::size_t words = (values.size() + 63) / 64;
    const std::span<std::uint64_t> inexact(scratch.inexact, words);
    const std::span<std::uint64_t> integers(scratch.integers, values.size());
    std::fill(inexact.begin(), inexact.end(), 0);
    const std::uint32_t exceptions = kernels().to_decimal(
        values.data(), values.size(), kPowers[digits], integers.data(), inexact.data());
    // The sample was misleading: ten bytes each would cost more than bits do.
    if (exceptions * 4 > values.size()) return false;
    if (exceptions != 0) smooth_exceptions(integers, inexact);
    out.write(static_cast<std::uint8_t>(digits | (exceptions != 0 ? kExceptions : 0)));
    if (exceptions != 0) write_exceptions(values, inexact, exceptions, out);
    encode_stream(scratch.stream, integers, out);
    return true;
}

void encode_bits(FloatScratch& scratch, std::span<const std::uint64_t> values, ByteWriter& out) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        // Sign out of the way of the trailing zeros: magnitude first, then sign.
        all |= values[i] << 1;
    }
    const int drop = all == 0 ? 0 : std::countr_zero(all) - 1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint64_t magnitude = (values[i] << 1 >> 1) >> drop;
        scratch.integers[i] = magnitude << 1 | values[i] >> 63;
    }
    out.write(kBits);
    out.write(static_cast<std::uint8_t>(drop));
    encode_stream(scratch.stream, {scratch.integers, values.size()}, out);
}

bool decode_bits(FrameScratch& scratch, ByteReader& in, std::span<std::uint64_t> out,
                 RowRange wanted) {
    const auto drop = in.read<std::uint8_t>();
    if (drop > 63 || !decode_stream(scratch, in, out, wanted)) return false;
    for (std::uint64_t& value : wanted.of(out)) value = (value >> 1) << drop | value << 63;
    return true;
}

}  // namespace

void encode_floats(FloatScratch& scratch, std::span<const std::uint64_t> values, ByteWriter& out) {
    const int digits = find_digits(values);
    if (digits >= 0 && encode_decimals(scratch, values, static_cast<unsigned>(digits), out)) return;
    encode_bits(scratch, values, out);
}

bool decode_floats(FrameScratch& scratch, ByteReader& in, std::span<std::uint64_t> out,
                   RowRange wanted) {
    wanted = wanted.within(out.size());
    const auto head = in.read<std::uint8_t>();
    if (head == kBits) return decode_bits(scratch, in, out, wanted);
    const unsigned digits = head & ~kExceptions;
    if (digits > kDigitsMax) return false;
    const std::size_t exceptions = (head & kExceptions) != 0 ? in.read<std::uint16_t>() : 0;
    ByteReader list(in.read_span(exceptions * 10));
    if (!decode_stream(scratch, in, out, wanted)) return false;
    const std::span<std::uint64_t> part = wanted.of(out);
    kernels().from_decimal(part.data(), part.size(), kPowers[digits]);
    for (std::size_t i = 0; i < exceptions; ++i) {
        const std::size_t row = list.read<std::uint16_t>();
        if (row >= out.size()) return false;
        out[row] = list.read<std::uint64_t>();
    }
    return true;
}

}  // namespace sluice::codec
