#include "engine/names/series_set.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

TEST(SeriesSet, KnowsWhatWasPutIntoItOnce) {
    SeriesSet series;
    EXPECT_FALSE(series.contains(7));
    std::uint64_t hash = 1;
    for (int i = 0; i < 10'000; ++i) {
        hash = hash * 6364136223846793005u + 1442695040888963407u;
        EXPECT_TRUE(series.insert(hash));
        EXPECT_FALSE(series.insert(hash));
    }
    EXPECT_EQ(series.size(), 10'000u);
    EXPECT_TRUE(series.contains(hash));
    EXPECT_FALSE(series.contains(hash + 1));
}

TEST(SeriesSet, TakesOverAnotherPartByPart) {
    SeriesSet ours;
    SeriesSet theirs;
    std::uint64_t hash = 1;
    for (int i = 0; i < 10'000; ++i) {
        hash = hash * 6364136223846793005u + 1442695040888963407u;
        if (i < 6000) theirs.insert(hash);
        if (i >= 5000) ours.insert(hash);
    }
    for (std::size_t part = 0; part < SeriesSet::kParts; ++part) ours.insert_part(theirs, part);
    EXPECT_EQ(ours.size(), 10'000u);
    EXPECT_EQ(theirs.size(), 6'000u);
    for (int i = 0; i < 2; ++i) ours.insert_part(theirs, 0);
    EXPECT_EQ(ours.size(), 10'000u);
}

TEST(SeriesSet, TakesTheHashZeroToo) {
    SeriesSet series;
    EXPECT_FALSE(series.contains(0));
    EXPECT_TRUE(series.insert(0));
    EXPECT_FALSE(series.insert(0));
    EXPECT_TRUE(series.contains(0));
    EXPECT_EQ(series.size(), 1u);
}

}  // namespace
}  // namespace sluice::engine
