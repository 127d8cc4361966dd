// The set of series that lie in several stores.
#include "query/scan/shared_series.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sluice/base/random.h"

namespace sluice::query {
namespace {

TEST(SharedSeries, OfNoneHasNone) {
    const SharedSeries none;
    EXPECT_TRUE(none.empty());
    EXPECT_FALSE(none.contains(0));
    EXPECT_FALSE(none.contains(7));
    SharedSeries unused(0);
    EXPECT_FALSE(unused.contains(0));
    EXPECT_EQ(SharedSeries(3).place(5), SharedSeries::kNone);
}

TEST(SharedSeries, HasWhatWasAddedOnce) {
    Random random(1);
    std::set<std::uint64_t> expected;
    // Neighbours, the ends of the range, and places all over it.
    for (std::uint64_t i = 0; i < 50; ++i) {
        expected.insert(i);
        expected.insert(~i);
        expected.insert(random.next());
    }
    SharedSeries series(expected.size());
    for (const std::uint64_t each : expected) series.add(each);
    EXPECT_EQ(series.size(), expected.size() - 1) << "0 and 1 are one";
    for (const std::uint64_t each : expected) series.add(each);
    EXPECT_EQ(series.size(), expected.size() - 1);
    std::set<std::size_t> places;
    for (const std::uint64_t each : expected) {
        ASSERT_TRUE(series.contains(each)) << each;
        ASSERT_LT(series.place(each), series.places());
        places.insert(series.place(each));
    }
    EXPECT_EQ(places.size(), series.size()) << "each has a place of its own";
    for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t other = random.next();
        ASSERT_EQ(series.contains(other), expected.contains(other)) << other;
    }
}

}  // namespace
}  // namespace sluice::query
