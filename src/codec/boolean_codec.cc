#include "codec/boolean_codec.h"

#include <algorithm>
#include <bit>

namespace sluice::codec {
namespace {

enum BitmapKind : std::uint8_t {
    kAllZero = 0,
    kAllOne = 1,
    kRaw = 2,
    kRunsFromZero = 3,
    kRunsFromOne = 4
};

bool bit_at(std::span<const std::uint64_t> words, std::size_t i) {
    return ((words[i / 64] >> (i % 64)) & 1) != 0;
}

// The first position from `i` on whose bit is not `value`, or `count`.
std::size_t run_end(std::span<const std::uint64_t> words, std::size_t i, std::size_t count,
                    bool value) {
    while (i < count) {
        const std::uint64_t others = (value ? ~words[i / 64] : words[i / 64]) >> (i % 64);
        if (others != 0) {
            return std::min(count, i + static_cast<std::size_t>(std::countr_zero(others)));
        }
        i = (i / 64 + 1) * 64;
    }
    return count;
}

void set_run(std::span<std::uint64_t> words, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end;) {
        const std::size_t stop = std::min(end, (i / 64 + 1) * 64);
        const std::uint64_t ones = ~std::uint64_t{0} >> (64 - (stop - i));
        words[i / 64] |= ones << (i % 64);
        i = stop;
    }
}

}  // namespace

void encode_bitmap(std::span<const std::uint64_t> words, std::size_t count, ByteWriter& out) {
    const bool first = bit_at(words, 0);
    std::size_t end = run_end(words, 0, count, first);
    if (end == count) {
        out.write(static_cast<std::uint8_t>(first ? kAllOne : kAllZero));
        return;
    }
    const std::size_t raw_bytes = (count + 7) / 8;
    const std::size_t start = out.size();
    out.write(static_cast<std::uint8_t>(first ? kRunsFromOne : kRunsFromZero));
    bool value = first;
    for (std::size_t begin = 0; begin < count && out.size() - start <= raw_bytes;) {
        out.write_varint(end - begin);
        begin = end;
        value = !value;
        end = run_end(words, begin, count, value);
    }
    if (out.size() - start <= raw_bytes) return;
    out.truncate(start);
    out.write(static_cast<std::uint8_t>(kRaw));
    for (std::size_t i = 0; i < raw_bytes; ++i) {
        out.write(static_cast<std::uint8_t>(words[i / 8] >> (i % 8 * 8)));
    }
}

bool decode_bitmap(ByteReader& in, std::size_t count, std::span<std::uint64_t> words) {
    std::fill(words.begin(), words.end(), 0);
    const auto kind = in.read<std::uint8_t>();
    switch (kind) {
        case kAllZero:
            return in.ok();
        case kAllOne:
            set_run(words, 0, count);
            return true;
        case kRaw: {
            const ByteSpan bytes = in.read_span((count + 7) / 8);
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                words[i / 8] |= static_cast<std::uint64_t>(bytes[i]) << (i % 8 * 8);
            }
            if (count % 64 != 0) words[count / 64] &= ~std::uint64_t{0} >> (64 - count % 64);
            return in.ok();
        }
        case kRunsFromZero:
        case kRunsFromOne: {
            bool value = kind == kRunsFromOne;
            for (std::size_t i = 0; i < count; value = !value) {
                const std::uint64_t rows = in.read_varint();
                if (rows == 0 || rows > count - i) return false;
                if (value) set_run(words, i, i + rows);
                i += rows;
            }
            return true;
        }
        default:
            return false;
    }
}

}  // namespace sluice::codec
