#include "lake/hybrid_runs.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::lake {
namespace {

std::size_t round_trip(const std::vector<std::uint32_t>& values, unsigned width) {
    ByteWriter out;
    append_hybrid_runs(values, width, out);
    PodVector<std::uint32_t> read;
    EXPECT_TRUE(read_hybrid_runs(out.span(), width, values.size(), read));
    EXPECT_EQ(std::vector<std::uint32_t>(read.begin(), read.end()), values);
    return out.size();
}

TEST(HybridRuns, ComeBackInEveryWidth) {
    for (unsigned width = 1; width <= 32; ++width) {
        std::vector<std::uint32_t> values;
        std::uint64_t state = width;
        for (int i = 0; i < 300; ++i) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            const auto value = static_cast<std::uint32_t>(state >> 32);
            const std::uint32_t mask = width == 32 ? ~0u : (1u << width) - 1;
            values.insert(values.end(), i % 5 == 0 ? i % 40 : 1, value & mask);
        }
        round_trip(values, width);
    }
}

TEST(HybridRuns, RunsOfEveryLengthComeBack) {
    for (std::size_t before = 0; before < 20; ++before) {
        for (std::size_t length = 1; length < 30; ++length) {
            std::vector<std::uint32_t> values;
            for (std::size_t i = 0; i < before; ++i) values.push_back(i % 2);
            values.insert(values.end(), length, 3);
            for (std::size_t i = 0; i < 11; ++i) values.push_back(i % 2);
            round_trip(values, 2);
        }
    }
}

TEST(HybridRuns, LongRunTakesFourBytes) {
    EXPECT_EQ(round_trip(std::vector<std::uint32_t>(10'000, 1), 1), 4u);
}

// The examples of the specification: 0 to 7 in three bits are 0x88, 0xC6, 0xFA.
TEST(HybridRuns, WritesWhatTheSpecificationSays) {
    ByteWriter out;
    const std::uint32_t values[] = {0, 1, 2, 3, 4, 5, 6, 7};
    append_hybrid_runs(values, 3, out);
    EXPECT_EQ(as_text(out.span()), "\x03\x88\xC6\xFA");
}

TEST(HybridRuns, FewerThanWantedIsNoticed) {
    ByteWriter out;
    append_hybrid_run(1, 10, 1, out);
    PodVector<std::uint32_t> read;
    EXPECT_TRUE(read_hybrid_runs(out.span(), 1, 10, read));
    EXPECT_FALSE(read_hybrid_runs(out.span(), 1, 11, read));
    EXPECT_FALSE(read_hybrid_runs(out.span(), 1, 9, read));
    EXPECT_FALSE(read_hybrid_runs({}, 1, 1, read));
    EXPECT_FALSE(read_hybrid_runs(as_byte_span(std::string_view("\x00\x00", 2)), 1, 1, read));
}

}  // namespace
}  // namespace sluice::lake
