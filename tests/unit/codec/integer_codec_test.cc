#include "codec/integer_codec.h"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

#include "sluice/base/random.h"

namespace sluice::codec {
namespace {

using Words = std::vector<std::uint64_t>;

std::vector<std::byte> encoded(const Words& values) {
    const auto scratch = std::make_unique<StreamScratch>();
    ByteWriter out;
    encode_stream(*scratch, values, out);
    return {out.span().begin(), out.span().end()};
}

// Nothing is read beyond the stream: `bytes` has exactly its size.
Words decoded(const std::vector<std::byte>& bytes, std::size_t count) {
    FrameScratch scratch;
    ByteReader in(bytes);
    Words out(count, 0xDEAD);
    EXPECT_TRUE(decode_stream(scratch, in, out));
    EXPECT_EQ(in.remaining(), 0u);
    return out;
}

// A shape that one of the ways to encode is made for, of any size of numbers.
Words any_values(Random& random, std::size_t count) {
    Words values(count);
    const unsigned bits = static_cast<unsigned>(random.below(65));
    const auto part = [&] { return bits == 0 ? 0 : random.next() >> (64 - bits); };
    const std::uint64_t base = random.next();
    const std::uint64_t factor = random.chance(0.3) ? 1 + random.below(1'000'000) : 1;
    const auto shape = random.below(6);
    std::uint64_t at = base;
    for (std::size_t i = 0; i < count; ++i) {
        switch (shape) {
            case 0:  // around a value
                values[i] = base + (random.chance(0.5) ? part() : 0 - part());
                break;
            case 1:  // a counter that may wrap around
                values[i] = at += part();
                break;
            case 2:  // few that are different
                values[i] = random.chance(0.02) ? random.next() : base;
                break;
            case 3:  // multiples
                values[i] = base + factor * random.below(1000);
                break;
            case 4:  // up and down
                values[i] = i % 2 == 0 ? base : base + part();
                break;
            default:
                values[i] = random.next();
        }
    }
    return values;
}

TEST(IntegerStream, GivesBackWhatItWasGiven) {
    Random random(1);
    constexpr std::size_t kSizes[] = {1, 2, 3, 33, 34, 255, 256, 257, 511, 513, 4095, 4096};
    for (int i = 0; i < 1'500; ++i) {
        const std::size_t count =
            random.chance(0.5) ? kSizes[random.below(std::size(kSizes))] : 1 + random.below(600);
        const Words values = any_values(random, count);
        ASSERT_EQ(decoded(encoded(values), count), values) << i;
    }
}

TEST(IntegerStream, ReadsTheRowsThatAreWanted) {
    Random random(2);
    for (int i = 0; i < 1'000; ++i) {
        const std::size_t count = 1 + random.below(1200);
        const Words values = any_values(random, count);
        const std::vector<std::byte> bytes = encoded(values);
        RowRange wanted;
        wanted.begin = static_cast<std::uint32_t>(random.below(count + 10));
        wanted.end = wanted.begin + static_cast<std::uint32_t>(random.below(300));
        FrameScratch scratch;
        ByteReader in(bytes);
        Words out(count);
        ASSERT_TRUE(decode_stream(scratch, in, out, wanted));
        for (std::size_t row = wanted.begin; row < std::min<std::size_t>(wanted.end, count);
             ++row) {
            ASSERT_EQ(out[row], values[row]) << row << " of " << count;
        }
    }
}

TEST(IntegerStream, TakesTheWayThatItsShapeIsMadeFor) {
    Words equal(4096, ~std::uint64_t{0});
    EXPECT_EQ(encoded(equal).size(), 2u);  // a head and a value
    Words steps(4096);
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = 1'000'000 * i + 77;
    EXPECT_LE(encoded(steps).size(), 32u);
    // Eight values of a range take three bits each, however far from zero they are.
    Random random(3);
    Words floor(4096);
    for (auto& value : floor) value = 0xFFFF'FFFF'0000'0000 + random.below(8);
    EXPECT_LE(encoded(floor).size(), 4096u * 3 / 8 + 16 * 12);
    // What all share is not stored with each.
    Words multiples(4096);
    for (auto& value : multiples) value = 60'000'000'000 * random.below(256);
    EXPECT_LE(encoded(multiples).size(), 4096u + 16 * 12);
    // Any bits take hardly more than themselves.
    Words noise(4096);
    for (auto& value : noise) value = random.next();
    EXPECT_LE(encoded(noise).size(), 8 * 4096u + 16 * 16);
}

TEST(IntegerStream, HoldsBothEndsOfItsRangeSideBySide) {
    constexpr std::uint64_t kMin = std::uint64_t{1} << 63;
    for (const Words& values :
         {Words{0, kMin}, Words{kMin, kMin - 1}, Words{kMin - 1, kMin, kMin - 1}, Words{~0ull, 0},
          Words{0, 1, kMin, kMin + 1, ~0ull}}) {
        EXPECT_EQ(decoded(encoded(values), values.size()), values);
    }
}

TEST(IntegerStream, SaysSoWhereItIsCutOrNoneAtAll) {
    Random random(4);
    for (int i = 0; i < 60; ++i) {
        const Words values = any_values(random, 2 + random.below(400));
        const std::vector<std::byte> bytes = encoded(values);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const std::vector<std::byte> cut(bytes.begin(),
                                             bytes.begin() + static_cast<std::ptrdiff_t>(size));
            FrameScratch scratch;
            ByteReader in(cut);
            Words out(values.size());
            ASSERT_FALSE(decode_stream(scratch, in, out)) << size << " of " << bytes.size();
        }
    }
    // Modes that no writer uses: five and more, scaled constants, bits that have no meaning.
    for (const unsigned head : {5u, 6u, 7u, 8u, 13u, 16u, 0x80u}) {
        const std::vector<std::byte> bytes(64, static_cast<std::byte>(head));
        FrameScratch scratch;
        ByteReader in(bytes);
        Words out(4);
        EXPECT_FALSE(decode_stream(scratch, in, out)) << head;
    }
}

}  // namespace
}  // namespace sluice::codec
