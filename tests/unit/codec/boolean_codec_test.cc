#include "codec/boolean_codec.h"

#include <gtest/gtest.h>

#include <vector>

#include "sluice/base/random.h"

namespace sluice::codec {
namespace {

using Bits = std::vector<bool>;

// Bits beyond the last one are set, since the writer has to ignore them.
std::vector<std::uint64_t> words_of(const Bits& bits) {
    std::vector<std::uint64_t> words(bitmap_words(bits.size()), 0);
    for (std::size_t i = 0; i < words.size() * 64; ++i) {
        if (i >= bits.size() || bits[i]) words[i / 64] |= std::uint64_t{1} << (i % 64);
    }
    return words;
}

std::vector<std::byte> encoded(const Bits& bits) {
    ByteWriter out;
    encode_bitmap(words_of(bits), bits.size(), out);
    return {out.span().begin(), out.span().end()};
}

void expect_round_trip(const Bits& bits) {
    const std::vector<std::byte> bytes = encoded(bits);
    // Never longer than the bits themselves and a head.
    ASSERT_LE(bytes.size(), 1 + (bits.size() + 7) / 8);
    ByteReader in(bytes);
    std::vector<std::uint64_t> words(bitmap_words(bits.size()), ~std::uint64_t{0});
    ASSERT_TRUE(decode_bitmap(in, bits.size(), words));
    ASSERT_EQ(in.remaining(), 0u);
    for (std::size_t i = 0; i < words.size() * 64; ++i) {
        const bool expected = i < bits.size() && bits[i];
        ASSERT_EQ(((words[i / 64] >> (i % 64)) & 1) != 0, expected) << i << " of " << bits.size();
    }
}

TEST(Bitmap, HasEveryShortPattern) {
    for (std::size_t count = 1; count <= 12; ++count) {
        for (unsigned pattern = 0; pattern < (1u << count); ++pattern) {
            Bits bits(count);
            for (std::size_t i = 0; i < count; ++i) bits[i] = ((pattern >> i) & 1) != 0;
            expect_round_trip(bits);
        }
    }
}

TEST(Bitmap, HasRunsOfAnyLengthAroundTheEdgesOfWords) {
    Random random(1);
    for (int i = 0; i < 3'000; ++i) {
        Bits bits;
        const std::size_t count = 1 + random.below(random.chance(0.1) ? 4096 : 300);
        const std::uint64_t longest = 1 + random.below(140);
        bool value = random.chance(0.5);
        while (bits.size() < count) {
            for (std::uint64_t n = 1 + random.below(longest); n > 0 && bits.size() < count; --n) {
                bits.push_back(value);
            }
            value = !value;
        }
        expect_round_trip(bits);
    }
}

TEST(Bitmap, TakesOneByteWhereAllAreEqual) {
    for (const std::size_t count : {1, 63, 64, 65, 4096}) {
        EXPECT_EQ(encoded(Bits(count, true)).size(), 1u);
        EXPECT_EQ(encoded(Bits(count, false)).size(), 1u);
    }
    Bits one_change(4096, true);
    one_change[4000] = false;
    EXPECT_LE(encoded(one_change).size(), 6u);
}

TEST(Bitmap, IsNotReadFromBytesThatAreNone) {
    const auto reads = [](std::vector<std::byte> bytes, std::size_t count) {
        ByteReader in(bytes);
        std::vector<std::uint64_t> words(bitmap_words(count));
        return decode_bitmap(in, count, words);
    };
    const auto bytes = [](std::initializer_list<int> list) {
        std::vector<std::byte> out;
        for (const int each : list) out.push_back(static_cast<std::byte>(each));
        return out;
    };
    EXPECT_FALSE(reads({}, 5));
    EXPECT_FALSE(reads(bytes({2}), 5));        // raw, without its bits
    EXPECT_FALSE(reads(bytes({2, 1}), 9));     // one byte of two
    EXPECT_FALSE(reads(bytes({5}), 5));        // a kind that no writer knows
    EXPECT_FALSE(reads(bytes({3, 0, 5}), 5));  // a run of nothing
    EXPECT_FALSE(reads(bytes({3, 2, 4}), 5));  // more than there are
    EXPECT_FALSE(reads(bytes({4, 2}), 5));     // fewer
    EXPECT_TRUE(reads(bytes({4, 2, 3}), 5));
    // Bits behind the last one do not reach the caller.
    const std::vector<std::byte> raw = bytes({2, 0xFF});
    ByteReader in(raw);
    std::vector<std::uint64_t> words(1);
    ASSERT_TRUE(decode_bitmap(in, 3, words));
    EXPECT_EQ(words[0], 7u);
}

}  // namespace
}  // namespace sluice::codec
