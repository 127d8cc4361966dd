// Runs of bits that begin anywhere, held against one bit after the other.
#include "storage/rows/bits.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sluice/base/random.h"

namespace sluice::storage {
namespace {

constexpr std::array<std::size_t, 13> kEdges = {0,  1,   2,   31,  62,  63, 64,
                                                65, 127, 128, 129, 191, 192};
constexpr std::size_t kBits = 512;  // all that a case may touch, with a word to spare

using Words = std::vector<std::uint64_t>;

Words random_words(Random& random) {
    Words words(kBits / 64);
    for (std::uint64_t& each : words) each = random.next();
    return words;
}

bool bit_of(const Words& words, std::size_t bit) {
    return ((words[bit / 64] >> (bit % 64)) & 1) != 0;
}

TEST(Bits, AWordBeginsAtEverySixtyFourthBit) {
    EXPECT_EQ(bit_words(0), 0u);
    EXPECT_EQ(bit_words(1), 1u);
    EXPECT_EQ(bit_words(63), 1u);
    EXPECT_EQ(bit_words(64), 1u);
    EXPECT_EQ(bit_words(65), 2u);
    EXPECT_EQ(bit_words(128), 2u);
    EXPECT_EQ(bit_words(129), 3u);
}

TEST(Bits, SetsOneBitAndLeavesTheOthers) {
    for (std::size_t bit = 0; bit < 192; ++bit) {
        Words words(4, 0);
        set_bit(words.data(), bit);
        for (std::size_t each = 0; each < 192; ++each) {
            ASSERT_EQ(bit_of(words, each), each == bit) << bit;
        }
        set_bit(words.data(), bit);
        ASSERT_TRUE(bit_of(words, bit)) << "setting twice is setting once";
    }
}

TEST(Bits, LoadsWhatStandsThereWithZeroesAbove) {
    Random random(1);
    const Words words = random_words(random);
    for (const std::size_t from : kEdges) {
        for (std::size_t count = 1; count <= 64; ++count) {
            const std::uint64_t loaded = load_bits(words.data(), from, count);
            for (std::size_t i = 0; i < 64; ++i) {
                const bool expected = i < count && bit_of(words, from + i);
                ASSERT_EQ(((loaded >> i) & 1) != 0, expected) << from << " " << count << " " << i;
            }
        }
    }
}

// A run that ends with its array has no word behind it: reading one would be out of bounds, which
// the sanitized build notices.
TEST(Bits, ReadsNoWordBehindTheLastOneItNeeds) {
    for (std::size_t from = 0; from < 64; ++from) {
        const std::vector<std::uint64_t> one = {~std::uint64_t{0}};
        const std::size_t count = 64 - from;
        ASSERT_EQ(std::popcount(load_bits(one.data(), from, count)), static_cast<int>(count));
    }
}

TEST(Bits, StoresAndLeavesItsNeighbours) {
    Random random(2);
    for (const std::size_t to : kEdges) {
        for (std::size_t count = 1; count <= 64; ++count) {
            const Words before = random_words(random);
            Words words = before;
            const std::uint64_t value = random.next();
            store_bits(words.data(), to, value, count);
            for (std::size_t bit = 0; bit < kBits; ++bit) {
                const bool inside = bit >= to && bit < to + count;
                const bool expected =
                    inside ? ((value >> (bit - to)) & 1) != 0 : bit_of(before, bit);
                ASSERT_EQ(bit_of(words, bit), expected) << to << " " << count << " " << bit;
            }
        }
    }
}

TEST(Bits, CopiesRunsBetweenAnyPlaces) {
    Random random(3);
    for (const std::size_t to : kEdges) {
        for (const std::size_t from : kEdges) {
            for (const std::size_t count : kEdges) {
                const Words source = random_words(random);
                const Words before = random_words(random);
                Words words = before;
                copy_bits(words.data(), to, source.data(), from, count);
                for (std::size_t bit = 0; bit < kBits; ++bit) {
                    const bool inside = bit >= to && bit < to + count;
                    const bool expected =
                        inside ? bit_of(source, from + bit - to) : bit_of(before, bit);
                    ASSERT_EQ(bit_of(words, bit), expected)
                        << to << " <- " << from << " " << count << " " << bit;
                }
            }
        }
    }
}

TEST(Bits, FillsAndCountsRuns) {
    Random random(4);
    for (const std::size_t from : kEdges) {
        for (const std::size_t count : kEdges) {
            for (const bool value : {false, true}) {
                const Words before = random_words(random);
                Words words = before;
                std::size_t set = 0;
                for (std::size_t i = 0; i < count; ++i) set += bit_of(before, from + i) ? 1 : 0;
                ASSERT_EQ(count_bits(before.data(), from, count), set);
                fill_bits(words.data(), from, count, value);
                ASSERT_EQ(count_bits(words.data(), from, count), value ? count : 0);
                for (std::size_t bit = 0; bit < kBits; ++bit) {
                    if (bit >= from && bit < from + count) continue;
                    ASSERT_EQ(bit_of(words, bit), bit_of(before, bit)) << "a neighbour changed";
                }
            }
        }
    }
}

}  // namespace
}  // namespace sluice::storage
