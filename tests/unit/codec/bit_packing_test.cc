#include "codec/bit_packing.h"

#include <gtest/gtest.h>

#include <vector>

#include "sluice/base/random.h"

namespace sluice::codec {
namespace {

std::uint64_t low_bits(unsigned width) {
    return width == 0 ? 0 : ~std::uint64_t{0} >> (64 - width);
}

TEST(BitPacking, EveryWidthAndCountComesBack) {
    Random random(1);
    for (unsigned width = 0; width <= 32; ++width) {
        for (std::size_t count = 1; count <= 70; ++count) {
            std::vector<std::uint32_t> in(count);
            for (auto& value : in)
                value = static_cast<std::uint32_t>(random.next() & low_bits(width));
            // Exactly as large as promised, so that a sanitizer sees a byte beyond.
            std::vector<std::byte> packed(packed_bytes(count, width));
            pack_bits(in.data(), count, width, packed.data());
            std::vector<std::uint32_t> out(count);
            unpack_bits(packed.data(), count, width, out.data());
            ASSERT_EQ(in, out) << width << " bits, " << count << " numbers";
        }
    }
}

TEST(Frame, EveryWidthComesBackWithAndWithoutOutliers) {
    Random random(2);
    for (const std::size_t count : {1ul, 5ul, 255ul, 256ul}) {
        for (unsigned width = 0; width <= 64; ++width) {
            for (const double outliers : {0.0, 0.02, 0.2, 0.9}) {
                FrameScratch scratch;
                std::vector<std::uint64_t> in(count);
                for (auto& value : in) {
                    value = random.next() & low_bits(width);
                    if (random.chance(outliers)) value = random.next();
                }
                std::copy(in.begin(), in.end(), scratch.values);
                ByteWriter out;
                const FrameShape shape = shape_frame(kernels(), scratch, count);
                write_frame(kernels(), scratch, count, shape, out);
                ASSERT_EQ(out.size(), shape.size_bytes);
                ByteReader reader(out.span());
                std::vector<std::uint64_t> back(kFrameValues);
                ASSERT_TRUE(read_frame(kernels(), reader, count, scratch, back.data()));
                back.resize(count);
                ASSERT_EQ(in, back) << width << " bits, " << count << " numbers";
                ASSERT_EQ(reader.remaining(), 0u);
            }
        }
    }
}

TEST(Frame, OneOutlierDoesNotWidenTheOthers) {
    FrameScratch scratch;
    for (std::size_t i = 0; i < kFrameValues; ++i) scratch.values[i] = i % 8;
    scratch.values[100] = 1'000'000'000'000;
    const FrameShape shape = shape_frame(kernels(), scratch, kFrameValues);
    EXPECT_EQ(shape.width, 3u);
    EXPECT_EQ(shape.patches, 1u);
}

}  // namespace
}  // namespace sluice::codec
