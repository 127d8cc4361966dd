#include "codec/bit_packing.h"

#include <algorithm>
#include <bit>

#include "sluice/base/check.h"

namespace sluice::codec {
namespace {

constexpr std::uint8_t kPatched = 0x80;
// More patches than this never pay: a position alone costs a byte.
constexpr std::uint32_t kPatchesMax = 96;

std::size_t planes_bytes(std::size_t count, unsigned width) {
    return packed_bytes(count, std::min(width, 32u)) +
           packed_bytes(count, width > 32 ? width - 32 : 0);
}

// Patches are packed in two planes as well: their widths pass 32 bits.
std::size_t frame_bytes(std::size_t count, unsigned width, std::uint32_t patches,
                        unsigned patch_width) {
    const std::size_t patch_bytes =
        patches == 0 ? 0 : 2 + patches + planes_bytes(patches, patch_width);
    return 1 + planes_bytes(count, width) + patch_bytes;
}

void consider(FrameShape& best, std::size_t count, unsigned width, std::uint32_t patches,
              unsigned width_total) {
    const unsigned patch_width = patches == 0 ? 0 : width_total - width;
    const std::size_t bytes = frame_bytes(count, width, patches, patch_width);
    if (bytes < best.size_bytes) best = {width, patch_width, patches, bytes};
}

// Above 32 bits: one histogram of bit widths serves all candidates.
FrameShape shape_wide(const std::uint64_t* values, std::size_t count, unsigned width_total) {
    std::uint32_t histogram[65] = {};
    for (std::size_t i = 0; i < count; ++i) ++histogram[std::bit_width(values[i])];
    FrameShape best{width_total, 0, 0, frame_bytes(count, width_total, 0, 0)};
    std::uint32_t patches = 0;
    for (unsigned width = width_total; width-- > 0;) {
        patches += histogram[width + 1];
        if (patches > kPatchesMax) break;
        consider(best, count, width, patches, width_total);
    }
    return best;
}

FrameShape shape_narrow(const Kernels& kernels, const std::uint32_t* low, std::size_t count,
                        unsigned width_total) {
    FrameShape best{width_total, 0, 0, frame_bytes(count, width_total, 0, 0)};
    for (unsigned width = width_total; width-- > 0;) {
        const std::uint32_t limit = (1u << width) - 1;
        const std::uint32_t patches = kernels.count_above(low, count, limit);
        if (patches > kPatchesMax || patches > best.size_bytes) break;
        consider(best, count, width, patches, width_total);
    }
    return best;
}

void write_plane(const Kernels& kernels, const std::uint32_t* in, std::size_t count, unsigned width,
                 ByteWriter& out) {
    std::byte* place = out.append_uninitialized(packed_bytes(count, width));
    if (count == kFrameValues) {
        kernels.pack(in, width, place);
    } else {
        pack_bits(in, count, width, place);
    }
}

void read_plane(const Kernels& kernels, const std::byte* in, std::size_t count, unsigned width,
                std::uint32_t* out) {
    if (count == kFrameValues) {
        kernels.unpack(in, width, out);
    } else {
        unpack_bits(in, count, width, out);
    }
}

void write_patches(const Kernels& kernels, const FrameScratch& scratch, std::size_t count,
                   const FrameShape& shape, ByteWriter& out) {
    std::uint32_t low[kPatchesMax];
    std::uint32_t high[kPatchesMax];
    std::uint32_t found = 0;
    std::byte* positions = out.append_uninitialized(shape.patches);
    const std::uint64_t limit = shape.width == 0 ? 0 : ~std::uint64_t{0} >> (64 - shape.width);
    // Only groups of 16 that hold a patch are searched; wide frames are rare and searched whole.
    std::uint32_t groups =
        shape.width_total() > 32
            ? ~0u
            : kernels.groups_above(scratch.low, count, static_cast<std::uint32_t>(limit));
    for (; groups != 0 && found < shape.patches; groups &= groups - 1) {
        const std::size_t begin = static_cast<std::size_t>(std::countr_zero(groups)) * 16;
        const std::size_t end = std::min(begin + 16, count);
        for (std::size_t i = begin; i < end; ++i) {
            if (scratch.values[i] <= limit) continue;
            positions[found] = static_cast<std::byte>(i);
            const std::uint64_t rest = scratch.values[i] >> shape.width;
            low[found] = static_cast<std::uint32_t>(rest);
            high[found] = static_cast<std::uint32_t>(rest >> 32);
            ++found;
        }
    }
    SLUICE_CHECK(found == shape.patches);
    const unsigned low_width = std::min(shape.patch_width, 32u);
    pack_bits(low, found, low_width, out.append_uninitialized(packed_bytes(found, low_width)));
    if (shape.patch_width > 32) {
        const unsigned high_width = shape.patch_width - 32;
        pack_bits(high, found, high_width,
                  out.append_uninitialized(packed_bytes(found, high_width)));
    }
}

bool read_patches(ByteReader& in, std::size_t count, unsigned width, std::size_t patches,
                  unsigned patch_width, std::uint64_t* out) {
    const ByteSpan positions = in.read_span(patches);
    const unsigned low_width = std::min(patch_width, 32u);
    const unsigned high_width = patch_width - low_width;
    const ByteSpan low_bytes = in.read_span(packed_bytes(patches, low_width));
    const ByteSpan high_bytes = in.read_span(packed_bytes(patches, high_width));
    if (!in.ok()) return false;
    std::uint32_t low[kPatchesMax];
    std::uint32_t high[kPatchesMax];
    unpack_bits(low_bytes.data(), patches, low_width, low);
    unpack_bits(high_bytes.data(), patches, high_width, high);
    for (std::size_t k = 0; k < patches; ++k) {
        const auto position = static_cast<std::size_t>(positions[k]);
        if (position >= count) return false;
        out[position] |= (low[k] | std::uint64_t{high[k]} << 32) << width;
    }
    return true;
}

}  // namespace

FrameShape shape_frame(const Kernels& kernels, FrameScratch& scratch, std::size_t count) {
    const std::uint64_t all = kernels.narrow(scratch.values, count, scratch.low);
    const auto width_total = static_cast<unsigned>(std::bit_width(all));
    if (width_total == 0) return {0, 0, 0, 1};
    return width_total > 32 ? shape_wide(scratch.values, count, width_total)
                            : shape_narrow(kernels, scratch.low, count, width_total);
}

void write_frame(const Kernels& kernels, FrameScratch& scratch, std::size_t count,
                 const FrameShape& shape, ByteWriter& out) {
    const bool patched = shape.patches != 0;
    out.write(static_cast<std::uint8_t>(shape.width | (patched ? kPatched : 0)));
    if (patched) {
        out.write(static_cast<std::uint8_t>(shape.patches));
        out.write(static_cast<std::uint8_t>(shape.patch_width));
    }
    write_plane(kernels, scratch.low, count, std::min(shape.width, 32u), out);
    if (shape.width > 32) {
        for (std::size_t i = 0; i < count; ++i) {
            scratch.high[i] = static_cast<std::uint32_t>(scratch.values[i] >> 32);
        }
        write_plane(kernels, scratch.high, count, shape.width - 32, out);
    }
    if (patched) write_patches(kernels, scratch, count, shape, out);
}

bool read_frame(const Kernels& kernels, ByteReader& in, std::size_t count, FrameScratch& scratch,
                std::uint64_t* out) {
    const auto head = in.read<std::uint8_t>();
    const unsigned width = head & 0x7Fu;
    const bool patched = (head & kPatched) != 0;
    const std::uint32_t patches = patched ? in.read<std::uint8_t>() : 0;
    const unsigned patch_width = patched ? in.read<std::uint8_t>() : 0;
    if (width + patch_width > 64 || patches > kPatchesMax) return false;
    if (patched && (patches == 0 || patch_width == 0)) return false;
    const unsigned low_width = std::min(width, 32u);
    const ByteSpan low = in.read_span(packed_bytes(count, low_width));
    const ByteSpan high = in.read_span(packed_bytes(count, width - low_width));
    if (!in.ok()) return false;
    read_plane(kernels, low.data(), count, low_width, scratch.low);
    if (width > 32) read_plane(kernels, high.data(), count, width - 32, scratch.high);
    kernels.widen(scratch.low, width > 32 ? scratch.high : nullptr, count, out);
    return patches == 0 || read_patches(in, count, width, patches, patch_width, out);
}

void pack_bits(const std::uint32_t* in, std::size_t count, unsigned width, std::byte* out) {
    if (width == 0) return;
    const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
    std::uint64_t word = 0;
    unsigned filled = 0;
    for (std::size_t i = 0; i < count; ++i) {
        word |= (in[i] & mask) << filled;
        filled += width;
        if (filled < 32) continue;
        store_le(out, static_cast<std::uint32_t>(word));
        out += 4;
        word >>= 32;
        filled -= 32;
    }
    for (; filled > 0; filled -= std::min(filled, 8u)) {
        *out++ = static_cast<std::byte>(word);
        word >>= 8;
    }
}

void unpack_bits(const std::byte* in, std::size_t count, unsigned width, std::uint32_t* out) {
    if (width == 0) {
        std::fill_n(out, count, 0u);
        return;
    }
    const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
    const std::size_t size = packed_bytes(count, width);
    // Numbers whose eight-byte window lies inside the span; the last ones go through a copy.
    std::size_t whole = size < 8 ? 0 : ((size - 8) * 8) / width + 1;
    whole = std::min(whole, count);
    for (std::size_t i = 0; i < whole; ++i) {
        const std::size_t bit = i * width;
        out[i] =
            static_cast<std::uint32_t>((load_le<std::uint64_t>(in + bit / 8) >> (bit % 8)) & mask);
    }
    if (whole == count) return;
    const std::size_t tail_begin = whole * width / 8;
    std::byte tail[24] = {};
    std::copy(in + tail_begin, in + size, tail);
    for (std::size_t i = whole; i < count; ++i) {
        const std::size_t bit = i * width - tail_begin * 8;
        out[i] = static_cast<std::uint32_t>((load_le<std::uint64_t>(tail + bit / 8) >> (bit % 8)) &
                                            mask);
    }
}

}  // namespace sluice::codec
