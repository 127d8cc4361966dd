#include "lake/hybrid_runs.h"

#include <algorithm>

#include "lake/packed_bits.h"

namespace sluice::lake {
namespace {

// Packed numbers come in groups of as many, and a shorter run of equal ones is not worth its head.
constexpr std::size_t kGroup = 8;

void append_packed(std::span<const std::uint32_t> values, unsigned width, ByteWriter& out) {
    if (values.empty()) return;
    const std::size_t groups = (values.size() + kGroup - 1) / kGroup;
    out.write_varint(groups << 1 | 1);
    append_packed_bits(values, width, groups * kGroup, out);
}

}  // namespace

void append_hybrid_run(std::uint32_t value, std::size_t count, unsigned width, ByteWriter& out) {
    out.write_varint(std::uint64_t{count} << 1);
    for (unsigned shift = 0; shift < width; shift += 8) {
        out.write(static_cast<std::uint8_t>(value >> shift));
    }
}

void append_hybrid_runs(std::span<const std::uint32_t> values, unsigned width, ByteWriter& out) {
    std::size_t packed_from = 0;  // what stands before `at` and is not written yet
    std::size_t at = 0;
    while (at < values.size()) {
        std::size_t end = at + 1;
        while (end < values.size() && values[end] == values[at]) ++end;
        // Packed numbers fill their last group from the run behind them.
        const std::size_t begin = at + (kGroup - (at - packed_from) % kGroup) % kGroup;
        if (end >= begin + kGroup) {
            append_packed(values.subspan(packed_from, begin - packed_from), width, out);
            append_hybrid_run(values[at], end - begin, width, out);
            packed_from = end;
        }
        at = end;
    }
    append_packed(values.subspan(packed_from), width, out);
}

bool read_hybrid_runs(ByteSpan bytes, unsigned width, std::size_t count,
                      PodVector<std::uint32_t>& out) {
    out.clear();
    ByteReader in(bytes);
    while (out.size() < count) {
        const std::uint64_t head = in.read_varint();
        const std::size_t left = count - out.size();
        if (!in.ok() || head >> 1 == 0) return false;
        if ((head & 1) == 0) {
            std::uint32_t value = 0;
            for (unsigned shift = 0; shift < width; shift += 8) {
                value |= std::uint32_t{in.read<std::uint8_t>()} << shift;
            }
            if (!in.ok() || head >> 1 > left) return false;
            out.append_copies(head >> 1, value);
            continue;
        }
        // More groups than bytes can follow are damage; this also keeps the product small.
        if (head >> 1 > in.remaining()) return false;
        const std::size_t packed = static_cast<std::size_t>(head >> 1) * kGroup;
        const ByteSpan body = in.read_span(packed * width / 8);
        if (!in.ok() || packed >= left + kGroup) return false;
        const std::size_t taken = std::min(packed, left);
        read_packed_bits(body, width, taken, out.append_uninitialized(taken));
    }
    return true;
}

}  // namespace sluice::lake
