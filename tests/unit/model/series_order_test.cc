#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sluice/model/series_key.h"

namespace sluice::model {
namespace {

TEST(SeriesOrder, EscapesCountForNothing) {
    // ' ' '!' ',' '-' '=' is their order; tags come before more of a name.
    const std::vector<std::string> expected = {
        "m",         "m,h=a", "m,h=a,r=eu", "m,h=a\\ b", "m,h=a\\,b", "m,h=a-b",
        "m,h=a\\=b", "m,h=b", "m\\ x",      "m\\ x,h=a", "m!x",       "m=x,h=a",
    };
    std::vector<std::string> keys = expected;
    std::reverse(keys.begin(), keys.end());
    std::sort(keys.begin(), keys.end(), series_precedes);
    EXPECT_EQ(keys, expected);
}

TEST(SeriesOrder, EqualKeysPrecedeNothing) {
    EXPECT_FALSE(series_precedes("m,h=a\\ b", "m,h=a\\ b"));
    EXPECT_FALSE(series_precedes("", ""));
}

// A backslash that escapes nothing is one.
TEST(SeriesOrder, LiteralBackslashes) {
    EXPECT_TRUE(series_precedes("m,h=a\\ ", "m,h=a\\b"));
    EXPECT_TRUE(series_precedes("m,h=a", "m,h=a\\b"));
    EXPECT_TRUE(series_precedes("m\\=x", "m\\b"));
}

}  // namespace
}  // namespace sluice::model
