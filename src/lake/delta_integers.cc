#include "lake/delta_integers.h"

#include <algorithm>
#include <bit>

#include "lake/packed_bits.h"
#include "sluice/base/zigzag.h"

namespace sluice::lake {
namespace {

// A block has one least difference, a piece has one width. These are the sizes that every other
// writer uses too, and some readers know no others.
constexpr std::size_t kBlock = 128;
constexpr std::size_t kPieces = 4;
constexpr std::size_t kPiece = kBlock / kPieces;

void append_block(std::span<const std::uint64_t> values, std::uint64_t before, ByteWriter& out) {
    std::uint64_t differences[kBlock];
    std::int64_t least = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        differences[i] = values[i] - (i == 0 ? before : values[i - 1]);
        const auto difference = static_cast<std::int64_t>(differences[i]);
        least = i == 0 ? difference : std::min(least, difference);
    }
    out.write_varint(zigzag_encode(least));
    std::uint8_t widths[kPieces] = {};
    for (std::size_t i = 0; i < values.size(); ++i) {
        differences[i] -= static_cast<std::uint64_t>(least);
        const auto width = static_cast<std::uint8_t>(std::bit_width(differences[i]));
        widths[i / kPiece] = std::max(widths[i / kPiece], width);
    }
    for (const std::uint8_t width : widths) out.write(width);
    for (std::size_t begin = 0; begin < values.size(); begin += kPiece) {
        const std::size_t count = std::min(kPiece, values.size() - begin);
        append_packed_bits(std::span<const std::uint64_t>(differences + begin, count),
                           widths[begin / kPiece], kPiece, out);
    }
}

bool read_block(ByteReader& in, std::size_t count, PodVector<std::uint64_t>& out) {
    const auto least = static_cast<std::uint64_t>(zigzag_decode(in.read_varint()));
    const ByteSpan widths = in.read_span(kPieces);
    if (!in.ok()) return false;
    for (std::size_t piece = 0; piece < kPieces && count > 0; ++piece) {
        const auto width = static_cast<unsigned>(widths[piece]);
        if (width > 64) return false;
        const ByteSpan body = in.read_span(kPiece * width / 8);
        if (!in.ok()) return false;
        std::uint64_t differences[kPiece];
        const std::size_t taken = std::min(kPiece, count);
        read_packed_bits(body, width, taken, differences);
        for (std::size_t i = 0; i < taken; ++i) {
            out.push_back(out.back() + least + differences[i]);
        }
        count -= taken;
    }
    return true;
}

}  // namespace

void append_delta_integers(std::span<const std::uint64_t> values, ByteWriter& out) {
    out.write_varint(kBlock);
    out.write_varint(kPieces);
    out.write_varint(values.size());
    const std::uint64_t first = values.empty() ? 0 : values[0];
    out.write_varint(zigzag_encode(static_cast<std::int64_t>(first)));
    for (std::size_t begin = 1; begin < values.size(); begin += kBlock) {
        const std::size_t count = std::min(kBlock, values.size() - begin);
        append_block(values.subspan(begin, count), values[begin - 1], out);
    }
}

bool read_delta_integers(ByteSpan bytes, std::size_t count, PodVector<std::uint64_t>& out) {
    out.clear();
    ByteReader in(bytes);
    if (in.read_varint() != kBlock || in.read_varint() != kPieces || in.read_varint() != count) {
        return false;
    }
    const auto first = static_cast<std::uint64_t>(zigzag_decode(in.read_varint()));
    if (!in.ok()) return false;
    if (count == 0) return true;
    out.push_back(first);
    while (out.size() < count) {
        if (!read_block(in, std::min(kBlock, count - out.size()), out)) return false;
    }
    return true;
}

}  // namespace sluice::lake
