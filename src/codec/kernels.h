// The inner loops of the codecs, once per instruction set, chosen at run time.
//
// Every table computes the same results bit for bit; tests compare them. A frame is kFrameValues
// numbers, packed in eight 32-bit lanes: value i lies in lane i % 8, so that a vector register
// holds neighbours and no instruction set needs a shuffle (the vertical layout of Lemire and
// Boytsov, "Decoding billions of integers per second through vectorization", 2015, section 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::codec {

inline constexpr std::size_t kFrameValues = 256;

struct Kernels {
    const char* name;

    // The low `width` (0 to 32) bits of kFrameValues numbers; 32 * width bytes.
    void (*pack)(const std::uint32_t* in, unsigned width, std::byte* out);
    void (*unpack)(const std::byte* in, unsigned width, std::uint32_t* out);

    // Low halves to `low`; the OR of all.
    std::uint64_t (*narrow)(const std::uint64_t* in, std::size_t count, std::uint32_t* low);
    // out[i] = low[i] + 2^32 * high[i]; `high` may be null.
    void (*widen)(const std::uint32_t* low, const std::uint32_t* high, std::size_t count,
                  std::uint64_t* out);
    // How many are greater than `limit`.
    std::uint32_t (*count_above)(const std::uint32_t* in, std::size_t count, std::uint32_t limit);
    // Bit g of the answer: some of the numbers [16 g, 16 g + 16) is greater than `limit`.
    std::uint32_t (*groups_above)(const std::uint32_t* in, std::size_t count, std::uint32_t limit);

    // All arithmetic on words is modulo 2^64. Minimum of the words as signed numbers, count > 0.
    std::int64_t (*min_signed)(const std::uint64_t* in, std::size_t count);
    // out[i] = in[i] - in[i - 1]; `previous` stands for in[-1].
    void (*differences)(const std::uint64_t* in, std::size_t count, std::uint64_t previous,
                        std::uint64_t* out);
    void (*subtract)(const std::uint64_t* in, std::size_t count, std::uint64_t base,
                     std::uint64_t* out);
    // out[i] = zigzag(in[i] - center).
    void (*center)(const std::uint64_t* in, std::size_t count, std::uint64_t center,
                   std::uint64_t* out);
    // In place: the inverses. `uncenter` adds `center` after undoing the zigzag.
    void (*uncenter)(std::uint64_t* values, std::size_t count, std::uint64_t center);
    void (*add)(std::uint64_t* values, std::size_t count, std::uint64_t base);
    // Running sum, starting after `previous`; the last sum.
    std::uint64_t (*accumulate)(std::uint64_t* values, std::size_t count, std::uint64_t previous);

    // out[i] = (in[i] - base) / divisor as signed numbers, where all quotients are whole; else
    // false.
    bool (*divide)(const std::uint64_t* in, std::size_t count, std::uint64_t base,
                   std::uint64_t divisor, std::uint64_t* out);
    // In place: values[i] * factor + base.
    void (*multiply)(std::uint64_t* values, std::size_t count, std::uint64_t factor,
                     std::uint64_t base);

    // integers[i] = values[i] * scale rounded, as a signed number; bit i of `inexact` (cleared by
    // the caller) where integer / scale is not bit for bit the value. How many those are.
    std::uint32_t (*to_decimal)(const std::uint64_t* values, std::size_t count, double scale,
                                std::uint64_t* integers, std::uint64_t* inexact);
    // In place: the double nearest to integer / scale, by its bits.
    void (*from_decimal)(std::uint64_t* values, std::size_t count, double scale);

    // Extremes of doubles (false: there is a NaN and the answer means nothing) and of words, which
    // are signed or, with a `flip` of 2^63, unsigned.
    bool (*float_extremes)(const std::uint64_t* in, std::size_t count, double& min, double& max);
    void (*word_extremes)(const std::uint64_t* in, std::size_t count, std::uint64_t flip,
                          std::uint64_t& min, std::uint64_t& max);
};

// The best table this processor runs.
const Kernels& kernels();
// All tables this processor runs, for tests and benchmarks.
std::span<const Kernels* const> available_kernels();

}  // namespace sluice::codec
