#include "lake/delta_integers.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace sluice::lake {
namespace {

std::size_t round_trip(const std::vector<std::uint64_t>& values) {
    ByteWriter out;
    append_delta_integers(values, out);
    PodVector<std::uint64_t> read;
    EXPECT_TRUE(read_delta_integers(out.span(), values.size(), read));
    EXPECT_EQ(std::vector<std::uint64_t>(read.begin(), read.end()), values);
    return out.size();
}

TEST(DeltaIntegers, ComeBackInEveryCountAroundTheSizesOfBlocks) {
    for (const std::size_t count : {0, 1, 2, 8, 32, 33, 34, 128, 129, 130, 256, 257, 1000}) {
        std::vector<std::uint64_t> values;
        for (std::size_t i = 0; i < count; ++i) values.push_back(i * i * 7919 % 1'000'003);
        round_trip(values);
    }
}

TEST(DeltaIntegers, ExtremesComeBack) {
    constexpr auto kMin = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::min());
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    round_trip({kMin, kMax, kMin, 0, kMax, kMax, 1, kMin});
}

TEST(DeltaIntegers, RegularTimesTakeNothing) {
    std::vector<std::uint64_t> times;
    for (std::uint64_t i = 0; i < 10'000; ++i)
        times.push_back(1'700'000'000'000'000 + i * 10'000'000);
    EXPECT_LT(round_trip(times), 1000u);
}

// The example of the specification: 7, 5, 3, 1, 2, 3, 4, 5.
TEST(DeltaIntegers, WritesWhatTheSpecificationSays) {
    ByteWriter out;
    const std::uint64_t values[] = {7, 5, 3, 1, 2, 3, 4, 5};
    append_delta_integers(values, out);
    const std::uint8_t expected[] = {0x80, 1,    4,    8, 14, 3, 2, 0, 0,
                                     0,    0xC0, 0x3F, 0, 0,  0, 0, 0, 0};
    ASSERT_EQ(out.size(), sizeof expected);
    for (std::size_t i = 0; i < sizeof expected; ++i) {
        EXPECT_EQ(static_cast<std::uint8_t>(out.span()[i]), expected[i]) << i;
    }
}

TEST(DeltaIntegers, EveryTruncationIsNoticed) {
    ByteWriter out;
    std::vector<std::uint64_t> values;
    for (std::uint64_t i = 0; i < 200; ++i) values.push_back(i * i);
    append_delta_integers(values, out);
    PodVector<std::uint64_t> read;
    for (std::size_t size = 0; size < out.size(); ++size) {
        EXPECT_FALSE(read_delta_integers(out.span().first(size), values.size(), read)) << size;
    }
}

}  // namespace
}  // namespace sluice::lake
