#include "sluice/model/series_index.h"

#include <gtest/gtest.h>

#include <string>

#include "sluice/base/hash.h"

namespace sluice::model {
namespace {

TEST(SeriesIndex, NumbersSeriesDenselyAndFindsThemAgain) {
    SeriesIndex index;
    for (std::uint32_t i = 0; i < 10000; ++i) {
        EXPECT_EQ(index.add_series("cpu,host=h" + std::to_string(i)), i);
    }
    for (std::uint32_t i = 0; i < 10000; ++i) {
        const std::string key = "cpu,host=h" + std::to_string(i);
        const SpellingId found = index.find(key, hash_bytes(key));
        ASSERT_NE(found, SeriesIndex::kNone);
        EXPECT_EQ(index.spelling(found).series, i);
        EXPECT_EQ(index.key(i), key);
    }
    EXPECT_EQ(index.series_count(), 10000u);
    EXPECT_EQ(index.measurement_count(), 1u);
    EXPECT_EQ(index.measurement_name(0), "cpu");
}

TEST(SeriesIndex, OtherSpellingsLeadToTheSameSeries) {
    SeriesIndex index;
    const SeriesId id = index.add_series("m,a=1,b=2");
    const std::string unsorted = "m,b=2,a=1";
    EXPECT_EQ(index.find(unsorted, hash_bytes(unsorted)), SeriesIndex::kNone);
    index.add_spelling(unsorted, hash_bytes(unsorted), id);
    const SpellingId found = index.find(unsorted, hash_bytes(unsorted));
    ASSERT_NE(found, SeriesIndex::kNone);
    EXPECT_EQ(index.spelling(found).series, id);
    EXPECT_EQ(index.key(id), "m,a=1,b=2");
    EXPECT_EQ(index.series_count(), 1u);
}

TEST(SeriesIndex, KeepsManyMeasurementsApartAndUnescapesTheirNames) {
    SeriesIndex index;
    for (int i = 0; i < 500; ++i) index.add_series("m" + std::to_string(i));
    EXPECT_EQ(index.measurement_count(), 500u);
    const SeriesId id = index.add_series("my\\ m,a=1");
    EXPECT_EQ(index.measurement_name(index.measurement(id)), "my m");
    EXPECT_EQ(index.add_measurement("m499"), index.measurement(499));
}

TEST(SeriesIndex, ShortSeriesCostAtMost150BytesEach) {
    SeriesIndex index;
    constexpr std::size_t kSeries = 200000;
    for (std::size_t i = 0; i < kSeries; ++i) {
        index.add_series("cpu,host=server-" + std::to_string(i) + ",region=eu-west-1");
    }
    EXPECT_LE(index.memory_bytes() / kSeries, 150u);
}

}  // namespace
}  // namespace sluice::model
