// Frames: up to 256 unsigned numbers in as few bits as their bulk needs, the outliers patched.
//
// A frame picks the width w that makes it smallest. Numbers that need more bits store their low w
// bits like the others and their high bits in a list of (position, high bits) patches: the PFOR
// scheme of Zukowski et al., "Super-Scalar RAM-CPU Cache Compression", ICDE 2006. Layout:
// CHUNK_FORMAT.md.
#pragma once

#include <cstdint>

#include "codec/kernels.h"
#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"

namespace sluice::codec {

// The cheapest packing of some numbers.
struct FrameShape {
    unsigned width = 0;        // bits of every number, 0 to 64
    unsigned patch_width = 0;  // bits of a patch; 0 without patches
    std::uint32_t patches = 0;
    std::size_t size_bytes = 0;  // of the whole frame

    unsigned width_total() const { return width + patch_width; }
};

// Room for one frame between the steps of packing.
struct FrameScratch {
    alignas(64) std::uint64_t values[kFrameValues];
    alignas(64) std::uint32_t low[kFrameValues];
    alignas(64) std::uint32_t high[kFrameValues];
};

// Shapes scratch.values[0, count) and leaves their low halves in scratch.low. 0 < count <= 256.
FrameShape shape_frame(const Kernels& kernels, FrameScratch& scratch, std::size_t count);
// Appends the frame that shape_frame() has just shaped.
void write_frame(const Kernels& kernels, FrameScratch& scratch, std::size_t count,
                 const FrameShape& shape, ByteWriter& out);
// Reads a frame of `count` numbers into `out` (room for kFrameValues). False when damaged.
bool read_frame(const Kernels& kernels, ByteReader& in, std::size_t count, FrameScratch& scratch,
                std::uint64_t* out);

// Numbers of `width` (0 to 32) bits one after the other, lowest bit first, padded to a byte.
constexpr std::size_t packed_bytes(std::size_t count, unsigned width) {
    return (count * width + 7) / 8;
}
void pack_bits(const std::uint32_t* in, std::size_t count, unsigned width, std::byte* out);
// `in` has packed_bytes(count, width) bytes, and no byte beyond them is read.
void unpack_bits(const std::byte* in, std::size_t count, unsigned width, std::uint32_t* out);

}  // namespace sluice::codec
