#include "codec/float_codec.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include "sluice/base/random.h"

namespace sluice::codec {
namespace {

using Words = std::vector<std::uint64_t>;

std::uint64_t bits(double value) {
    return std::bit_cast<std::uint64_t>(value);
}

std::vector<std::byte> encoded(const Words& values) {
    const auto scratch = std::make_unique<FloatScratch>();
    ByteWriter out;
    encode_floats(*scratch, values, out);
    return {out.span().begin(), out.span().end()};
}

Words decoded(const std::vector<std::byte>& bytes, std::size_t count, RowRange wanted = {}) {
    const auto scratch = std::make_unique<FrameScratch>();
    ByteReader in(bytes);
    Words out(count, 0xDEAD);
    EXPECT_TRUE(decode_floats(*scratch, in, out, wanted));
    return out;
}

// A decimal as a sensor prints it and a parser reads it.
double decimal(Random& random, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits,
                  (random.unit() - 0.5) * std::pow(10, random.below(5)));
    return std::strtod(text, nullptr);
}

TEST(FloatCodec, GivesBackEveryDecimalBitForBit) {
    Random random(1);
    for (int digits = 0; digits <= 15; ++digits) {
        for (const std::size_t count : {1, 2, 31, 256, 1000}) {
            Words values(count);
            for (auto& value : values) value = bits(decimal(random, digits));
            ASSERT_EQ(decoded(encoded(values), count), values) << digits << " digits";
        }
    }
}

TEST(FloatCodec, KeepsWhatIsNoDecimalAmongThem) {
    constexpr double kOdd[] = {-0.0,
                               0.1 + 0.2,
                               1e300,
                               5e-324,
                               0x1p51,
                               -0x1p51,
                               0x1p63,
                               1.0 / 3,
                               std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity()};
    const std::uint64_t nans[] = {0x7FF8'0000'0000'0000, 0xFFF8'0000'0000'0001,
                                  0x7FF0'0000'0000'0001};
    Random random(2);
    for (int i = 0; i < 1'500; ++i) {
        const double share = random.chance(0.3) ? 0.5 : 0.05;
        Words values(1 + random.below(700));
        for (auto& value : values) {
            value = bits(decimal(random, 2));
            if (random.chance(share)) value = bits(kOdd[random.below(std::size(kOdd))]);
            if (random.chance(share / 10)) value = nans[random.below(std::size(nans))];
        }
        const std::vector<std::byte> bytes = encoded(values);
        ASSERT_EQ(decoded(bytes, values.size()), values);
        RowRange wanted{static_cast<std::uint32_t>(random.below(values.size())), 0};
        wanted.end = wanted.begin + static_cast<std::uint32_t>(random.below(300));
        const Words part = decoded(bytes, values.size(), wanted);
        for (std::size_t row = wanted.begin; row < std::min<std::size_t>(wanted.end, values.size());
             ++row) {
            ASSERT_EQ(part[row], values[row]) << row;
        }
    }
}

TEST(FloatCodec, GivesBackAnyBitsAtAll) {
    Random random(3);
    for (int i = 0; i < 500; ++i) {
        Words values(1 + random.below(300));
        const unsigned zeros = static_cast<unsigned>(random.below(64));  // at the low end of all
        for (auto& value : values) value = random.next() >> zeros << zeros;
        ASSERT_EQ(decoded(encoded(values), values.size()), values) << zeros;
    }
}

TEST(FloatCodec, SpendsNothingOnDigitsThatAreNotThere) {
    Random random(4);
    Words whole(4096);
    Words cents(4096);
    Words single(4096);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        whole[i] = bits(static_cast<double>(random.below(256)));
        cents[i] = bits(static_cast<double>(random.below(256)) / 100);
        single[i] = bits(static_cast<double>(static_cast<float>(random.unit())));
    }
    EXPECT_LE(encoded(whole).size(), 4096u + 200);
    EXPECT_LE(encoded(cents).size(), 4096u + 200);
    // 29 bits of a widened float are zero.
    EXPECT_LE(encoded(single).size(), 4096u * 36 / 8);
}

TEST(FloatCodec, NoticesForgedHeads) {
    Words values(100);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = bits(static_cast<double>(i));
    values[50] = bits(1.0 / 3);  // so that there is a list of exceptions
    const std::vector<std::byte> good = encoded(values);
    const auto reads = [](const std::vector<std::byte>& bytes) {
        const auto scratch = std::make_unique<FrameScratch>();
        ByteReader in(bytes);
        Words out(100);
        return decode_floats(*scratch, in, out);
    };
    ASSERT_TRUE(reads(good));
    std::vector<std::byte> bytes = good;
    bytes[0] = std::byte{19};  // more digits than there are
    EXPECT_FALSE(reads(bytes));
    bytes = good;
    bytes[3] = std::byte{100};  // an exception behind the last row: its number is 16 bits
    bytes[4] = std::byte{0};
    EXPECT_FALSE(reads(bytes));
    bytes = {std::byte{0x40}, std::byte{64}};  // more zeros dropped than a word has
    EXPECT_FALSE(reads(bytes));
}

}  // namespace
}  // namespace sluice::codec
