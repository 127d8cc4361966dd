#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sluice/base/random.h"
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

TEST(SeriesOrder, IsThatOfTheNamesAsTheUserMeansThem) {
    constexpr std::string_view kParts[] = {"a", "b", ",", " ", "=", "0", "\xC3\xA4"};
    Random random(1);
    const auto any_name = [&] {
        std::string name;
        for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
            name += kParts[random.below(std::size(kParts))];
        }
        return name;
    };
    const auto any_series = [&] {
        std::map<std::string, std::string> tags;
        for (std::uint64_t n = random.below(3); n > 0; --n) tags[any_name()] = any_name();
        std::vector<Tag> list;
        for (const auto& [key, value] : tags) list.push_back({key, value});
        return make_series_key(any_name(), list);
    };
    const auto plain = [](const std::string& key) {
        const SeriesName name = parse_series_key(key);
        return std::pair(name.measurement, name.tags);
    };
    for (int i = 0; i < 30'000; ++i) {
        const std::string a = any_series();
        const std::string b = random.chance(0.1) ? a : any_series();
        ASSERT_EQ(series_precedes(a, b), plain(a) < plain(b)) << a << " | " << b;
        ASSERT_FALSE(series_precedes(a, b) && series_precedes(b, a)) << a << " | " << b;
    }
}

}  // namespace
}  // namespace sluice::model
