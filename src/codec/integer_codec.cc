#include "codec/integer_codec.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "sluice/base/check.h"
#include "sluice/base/zigzag.h"

namespace sluice::codec {
namespace {

// Low three bits of a stream's first byte; kScaled may be added.
enum StreamMode : std::uint8_t {
    kConstant = 0,
    kOffset = 1,
    kCentered = 2,
    kOffsetDifferences = 3,
    kCenteredDifferences = 4,
};
constexpr std::uint8_t kScaled = 0x08;

// Enough for the median to lie within a small part of the spread, few enough to cost nothing.
constexpr std::size_t kSamplesMax = 33;

struct Plan {
    StreamMode mode = kConstant;
    std::uint64_t center = 0;
};

bool takes_differences(StreamMode mode) {
    return mode == kOffsetDifferences || mode == kCenteredDifferences;
}
bool is_offset(StreamMode mode) {
    return mode == kOffset || mode == kOffsetDifferences;
}

std::size_t varint_bytes(std::uint64_t value) {
    return value == 0 ? 1 : (static_cast<std::size_t>(std::bit_width(value)) + 6) / 7;
}
std::uint64_t zigzag_word(std::uint64_t value) {
    return zigzag_encode(static_cast<std::int64_t>(value));
}
std::uint64_t unzigzag_word(std::uint64_t value) {
    return static_cast<std::uint64_t>(zigzag_decode(value));
}

// What stands before the first value, so that the first difference equals the second.
std::uint64_t start_of(std::span<const std::uint64_t> values) {
    return values.size() < 2 ? values[0] : values[0] - (values[1] - values[0]);
}

// Brings the frame at `begin` into scratch.frame.values; the base of an offset frame.
std::uint64_t load_frame(const Kernels& k, StreamScratch& scratch,
                         std::span<const std::uint64_t> values, std::size_t begin,
                         std::size_t count, const Plan& plan) {
    const std::uint64_t* in = values.data() + begin;
    if (takes_differences(plan.mode)) {
        const std::uint64_t previous = begin == 0 ? start_of(values) : in[-1];
        k.differences(in, count, previous, scratch.differences);
        in = scratch.differences;
    }
    if (!is_offset(plan.mode)) {
        k.center(in, count, plan.center, scratch.frame.values);
        return 0;
    }
    const auto base = static_cast<std::uint64_t>(k.min_signed(in, count));
    k.subtract(in, count, base, scratch.frame.values);
    return base;
}

std::size_t sample_cost(const Kernels& k, StreamScratch& scratch,
                        std::span<const std::uint64_t> values, const Plan& plan) {
    std::size_t bytes = 0;
    if (takes_differences(plan.mode)) bytes += varint_bytes(zigzag_word(start_of(values)));
    if (!is_offset(plan.mode)) bytes += varint_bytes(zigzag_word(plan.center));
    const std::size_t frames = (values.size() + kFrameValues - 1) / kFrameValues;
    std::uint64_t previous_base = 0;
    // The first frame and one from the middle stand for all.
    for (std::size_t frame = 0; frame < frames; frame += std::max<std::size_t>(frames / 2, 1)) {
        const std::size_t begin = frame * kFrameValues;
        const std::size_t count = std::min(kFrameValues, values.size() - begin);
        const std::uint64_t base = load_frame(k, scratch, values, begin, count, plan);
        if (is_offset(plan.mode)) bytes += varint_bytes(zigzag_word(base - previous_base));
        previous_base = base;
        bytes += shape_frame(k, scratch.frame, count).size_bytes;
        if (frame != 0) break;
    }
    return bytes;
}

std::uint64_t median(std::int64_t* samples, std::size_t count) {
    std::nth_element(samples, samples + count / 2, samples + count);
    return static_cast<std::uint64_t>(samples[count / 2]);
}

Plan make_plan(const Kernels& k, StreamScratch& scratch, std::span<const std::uint64_t> values) {
    std::int64_t plain[kSamplesMax];
    std::int64_t differences[kSamplesMax];
    const std::size_t step = values.size() / kSamplesMax + 1;
    std::size_t samples = 0;
    for (std::size_t i = 0; i < values.size() && samples < kSamplesMax; i += step, ++samples) {
        const std::uint64_t previous = i == 0 ? start_of(values) : values[i - 1];
        plain[samples] = static_cast<std::int64_t>(values[i]);
        differences[samples] = static_cast<std::int64_t>(values[i] - previous);
    }
    const Plan candidates[] = {
        {kCenteredDifferences, 0},
        {kCenteredDifferences, median(differences, samples)},
        {kOffsetDifferences, 0},
        {kCentered, median(plain, samples)},
        {kOffset, 0},
    };
    Plan best;
    std::size_t best_bytes = ~std::size_t{0};
    for (const Plan& plan : candidates) {
        const std::size_t bytes = sample_cost(k, scratch, values, plan);
        if (bytes >= best_bytes) continue;
        best = plan;
        best_bytes = bytes;
    }
    return best;
}

std::uint64_t distance(std::uint64_t from, std::uint64_t to) {
    const auto d = static_cast<std::int64_t>(to - from);
    return d < 0 ? 0 - static_cast<std::uint64_t>(d) : static_cast<std::uint64_t>(d);
}

// Something above 1 that divides all distances from the first value, or 1. With it, `quotients` are
// these distances divided.
std::uint64_t common_divisor(const Kernels& k, std::span<const std::uint64_t> values,
                             std::uint64_t* quotients) {
    std::uint64_t divisor = 0;
    const std::size_t step = values.size() / kSamplesMax + 1;
    for (std::size_t i = step; i < values.size(); i += step) {
        divisor = std::gcd(divisor, distance(values[0], values[i]));
        if (divisor == 1) return 1;
    }
    while (divisor > 1) {
        if (k.divide(values.data(), values.size(), values[0], divisor, quotients)) return divisor;
        const auto indivisible = std::find_if(
            values.begin(), values.end(),
            [&](std::uint64_t value) { return distance(values[0], value) % divisor != 0; });
        divisor = std::gcd(divisor, distance(values[0], *indivisible));
    }
    return 1;
}

bool all_equal(std::span<const std::uint64_t> values) {
    return std::memcmp(values.data(), values.data() + 1, (values.size() - 1) * 8) == 0;
}

// Frames behind those wanted are left alone; the sums of differences need all before them.
bool read_frames(const Kernels& k, FrameScratch& scratch, ByteReader& in,
                 std::span<std::uint64_t> out, StreamMode mode, RowRange wanted) {
    std::uint64_t previous = takes_differences(mode) ? unzigzag_word(in.read_varint()) : 0;
    const std::uint64_t center = is_offset(mode) ? 0 : unzigzag_word(in.read_varint());
    std::uint64_t base = 0;
    for (std::size_t begin = 0; begin < wanted.end; begin += kFrameValues) {
        const std::size_t count = std::min(kFrameValues, out.size() - begin);
        std::uint64_t* values = out.data() + begin;
        if (is_offset(mode)) base += unzigzag_word(in.read_varint());
        if (!read_frame(k, in, count, scratch, values)) return false;
        if (is_offset(mode)) {
            k.add(values, count, base);
        } else {
            k.uncenter(values, count, center);
        }
        if (takes_differences(mode)) previous = k.accumulate(values, count, previous);
    }
    return in.ok();
}

}  // namespace

void encode_stream(StreamScratch& scratch, std::span<const std::uint64_t> values, ByteWriter& out) {
    SLUICE_CHECK(!values.empty() && values.size() <= kBlockRowsMax);
    const Kernels& k = kernels();
    if (all_equal(values)) {
        out.write(static_cast<std::uint8_t>(kConstant));
        out.write_varint(zigzag_word(values[0]));
        return;
    }
    const std::uint64_t first = values[0];
    const std::uint64_t divisor = common_divisor(k, values, scratch.scaled);
    if (divisor != 1) values = {scratch.scaled, values.size()};
    const Plan plan = make_plan(k, scratch, values);
    out.write(static_cast<std::uint8_t>(plan.mode | (divisor != 1 ? kScaled : 0)));
    if (divisor != 1) {
        out.write_varint(divisor);
        out.write_varint(zigzag_word(first));
    }
    if (takes_differences(plan.mode)) out.write_varint(zigzag_word(start_of(values)));
    if (!is_offset(plan.mode)) out.write_varint(zigzag_word(plan.center));
    std::uint64_t previous_base = 0;
    for (std::size_t begin = 0; begin < values.size(); begin += kFrameValues) {
        const std::size_t count = std::min(kFrameValues, values.size() - begin);
        const std::uint64_t base = load_frame(k, scratch, values, begin, count, plan);
        if (is_offset(plan.mode)) {
            out.write_varint(zigzag_word(base - previous_base));
            previous_base = base;
        }
        write_frame(k, scratch.frame, count, shape_frame(k, scratch.frame, count), out);
    }
}

bool decode_stream(FrameScratch& scratch, ByteReader& in, std::span<std::uint64_t> out,
                   RowRange wanted) {
    wanted = wanted.within(out.size());
    const std::span<std::uint64_t> part = wanted.of(out);
    const auto head = in.read<std::uint8_t>();
    const auto mode = static_cast<StreamMode>(head & 7);
    const bool scaled = (head & kScaled) != 0;
    if ((head & ~15) != 0 || mode > kCenteredDifferences) return false;
    if (mode == kConstant) {
        if (scaled) return false;
        std::fill(part.begin(), part.end(), unzigzag_word(in.read_varint()));
        return in.ok();
    }
    const std::uint64_t divisor = scaled ? in.read_varint() : 1;
    const std::uint64_t first = scaled ? unzigzag_word(in.read_varint()) : 0;
    if (!read_frames(kernels(), scratch, in, out, mode, wanted)) return false;
    if (scaled) kernels().multiply(part.data(), part.size(), divisor, first);
    return true;
}

}  // namespace sluice::codec
