// Every instruction set computes the same bits.
#include "codec/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "column_shapes.h"
#include "sluice/base/random.h"

namespace sluice::codec {
namespace {

using Words = std::vector<std::uint64_t>;
using Halves = std::vector<std::uint32_t>;

// The first table is the plain one; each of the others is compared with it.
template <typename Run>
void expect_same(const char* what, Run run) {
    const auto expected = run(*available_kernels()[0]);
    for (const Kernels* table : available_kernels()) {
        EXPECT_TRUE(run(*table) == expected) << what << " differs on " << table->name;
    }
}

Words some_words(std::size_t count, unsigned shift_max) {
    Random random(count + shift_max);
    Words words(count);
    for (auto& word : words) word = random.next() >> random.below(shift_max + 1);
    return words;
}

TEST(Kernels, PackingIsTheSame) {
    Halves in(kFrameValues);
    Random random(1);
    for (auto& value : in) value = static_cast<std::uint32_t>(random.next());
    for (unsigned width = 0; width <= 32; ++width) {
        std::vector<std::byte> packed(32 * width);
        expect_same("pack", [&](const Kernels& k) {
            k.pack(in.data(), width, packed.data());
            return packed;
        });
        expect_same("unpack", [&](const Kernels& k) {
            Halves out(kFrameValues);
            k.unpack(packed.data(), width, out.data());
            return out;
        });
    }
}

TEST(Kernels, WordLoopsAreTheSame) {
    for (const std::size_t count : {1ul, 2ul, 7ul, 8ul, 15ul, 33ul, 255ul, 256ul}) {
        for (const unsigned shift : {0u, 40u, 63u}) {
            const Words in = some_words(count, shift);
            const auto with_copy = [&](auto function) {
                return [&in, function](const Kernels& k) {
                    Words out = in;
                    function(k, out);
                    return out;
                };
            };
            expect_same("differences", with_copy([&](const Kernels& k, Words& out) {
                            k.differences(in.data(), count, 9, out.data());
                        }));
            expect_same("subtract", with_copy([&](const Kernels& k, Words& out) {
                            k.subtract(in.data(), count, 77, out.data());
                        }));
            expect_same("center", with_copy([&](const Kernels& k, Words& out) {
                            k.center(in.data(), count, 77, out.data());
                        }));
            expect_same("uncenter", with_copy([&](const Kernels& k, Words& out) {
                            k.uncenter(out.data(), count, 77);
                        }));
            expect_same("accumulate", with_copy([&](const Kernels& k, Words& out) {
                            out.push_back(k.accumulate(out.data(), count, 3));
                        }));
            expect_same("narrow", [&](const Kernels& k) {
                Halves low(count);
                const std::uint64_t all = k.narrow(in.data(), count, low.data());
                low.push_back(k.count_above(low.data(), count, 1000));
                low.push_back(k.groups_above(low.data(), count, 1u << 20));
                return std::pair(all, low);
            });
            expect_same("extremes", [&](const Kernels& k) {
                std::uint64_t min = 0;
                std::uint64_t max = 0;
                k.word_extremes(in.data(), count, std::uint64_t{1} << 63, min, max);
                return std::tuple(min, max, k.min_signed(in.data(), count));
            });
        }
    }
}

TEST(Kernels, DivisionLeavesNoRestOrSaysSo) {
    for (const std::uint64_t divisor : {2ull, 3ull, 7ull, 10ull, 1ull << 40, 1ull << 63,
                                        10'000'000'000ull, ~0ull, 6'000'000'000'000'000'001ull}) {
        Random random(divisor);
        Words in(300);
        const std::uint64_t base = random.next();
        const std::uint64_t quotient_max = (std::uint64_t{1} << 63) / divisor;
        for (auto& word : in) {
            const std::uint64_t quotient = random.below(quotient_max + 1);
            const std::uint64_t distance = quotient * divisor;
            word = random.chance(0.5) ? base + distance : base - distance;
        }
        for (const Kernels* k : available_kernels()) {
            Words out(in.size());
            ASSERT_TRUE(k->divide(in.data(), in.size(), base, divisor, out.data())) << divisor;
            k->multiply(out.data(), out.size(), divisor, base);
            EXPECT_EQ(in, out) << k->name << ", " << divisor;
            for (const std::size_t place : {0ul, 150ul, 299ul}) {
                Words wrong = in;
                wrong[place] += 1;
                EXPECT_FALSE(k->divide(wrong.data(), in.size(), base, divisor, out.data()));
            }
        }
    }
}

TEST(Kernels, DecimalLoopsAreTheSameAndInverse) {
    for (const std::uint32_t rows : {1u, 9u, 64u, 65u, 1000u}) {
        for (const test::TestColumn& column : test::float_columns(rows)) {
            for (const double scale : {1.0, 100.0, 1e13, 1e18}) {
                expect_same(column.name.c_str(), [&](const Kernels& k) {
                    Words integers(rows);
                    Words inexact((rows + 63) / 64);
                    const std::uint32_t count = k.to_decimal(column.words.data(), rows, scale,
                                                             integers.data(), inexact.data());
                    Words back = integers;
                    k.from_decimal(back.data(), rows, scale);
                    std::uint32_t differing = 0;
                    for (std::uint32_t i = 0; i < rows; ++i) {
                        const bool marked = ((inexact[i / 64] >> (i % 64)) & 1) != 0;
                        differing += marked ? 1 : 0;
                        if (!marked) {
                            EXPECT_EQ(back[i], column.words[i]) << column.name;
                        }
                    }
                    EXPECT_EQ(differing, count);
                    return std::pair(integers, inexact);
                });
            }
        }
    }
}

TEST(Kernels, ExtremesOfDoublesNoticeNan) {
    for (const Kernels* table : available_kernels()) {
        for (std::size_t place = 0; place < 20; ++place) {
            Words words(20, test::bits_of(2.0));
            words[3] = test::bits_of(-1.0);
            double min = 0;
            double max = 0;
            EXPECT_TRUE(table->float_extremes(words.data(), words.size(), min, max));
            EXPECT_EQ(min, -1.0);
            EXPECT_EQ(max, 2.0);
            words[place] = test::bits_of(std::nan(""));
            EXPECT_FALSE(table->float_extremes(words.data(), words.size(), min, max))
                << table->name;
        }
    }
}

}  // namespace
}  // namespace sluice::codec
