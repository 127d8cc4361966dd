#include "engine/names/asked_series.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

TEST(AskedSeries, BringTheirTagsWhereThoseAreAskedAbout) {
    AskedSeries series;
    for (const char* key : {"m", "m,a=1,b=2", "n,a=1"}) series.add(key, true);
    ASSERT_EQ(series.size(), 3u);
    EXPECT_EQ(series.tags(0).size(), 0u);
    EXPECT_EQ(series.tags(1).size(), 2u);
    EXPECT_EQ(series.tags(2).size(), 1u);
    std::vector<TagValue> last;
    append_tag_values("n,a=1", last);
    EXPECT_EQ(series.tags(2)[0].value, last[0].value);
    EXPECT_NE(series.key(0), series.key(1));
}

TEST(AskedSeries, HaveNoTagsWhereNobodyAsks) {
    AskedSeries series;
    series.add("m,a=1,b=2", false);
    EXPECT_EQ(series.size(), 1u);
    EXPECT_TRUE(series.tags(0).empty());
}

}  // namespace
}  // namespace sluice::engine
