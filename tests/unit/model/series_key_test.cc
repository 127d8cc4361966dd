#include "sluice/model/series_key.h"

#include <gtest/gtest.h>

#include <map>

#include "sluice/base/random.h"

namespace sluice::model {
namespace {

TEST(SeriesKey, EscapesWhatTheirPlaceRequiresAndParsesBack) {
    const std::vector<Tag> tags = {{"a,b", "c d"}, {"e=f", "g\\h"}};
    const std::string key = make_series_key("m =,x", tags);
    EXPECT_EQ(key, "m\\ =\\,x,a\\,b=c\\ d,e\\=f=g\\h");
    const SeriesName name = parse_series_key(key);
    EXPECT_EQ(name.measurement, "m =,x");
    EXPECT_EQ(name.tags, tags);
    EXPECT_EQ(name.tag_value("e=f"), "g\\h");
    EXPECT_EQ(name.tag_value("none"), "");
    EXPECT_EQ(measurement_of_series_key(key), "m\\ =\\,x");
}

TEST(SeriesKey, AMeasurementAloneIsASeries) {
    EXPECT_EQ(make_series_key("cpu", {}), "cpu");
    EXPECT_TRUE(parse_series_key("cpu").tags.empty());
}

TEST(SeriesKey, BackslashBeforeOtherBytesStays) {
    EXPECT_EQ(unescape_tag("a\\b\\,c\\"), "a\\b,c\\");
    EXPECT_EQ(unescape_measurement("a\\=b\\ c"), "a\\=b c");
}

TEST(SeriesKey, ABackslashDoesNotEscapeABackslash) {
    const std::vector<Tag> tags = {{"t\\=", "a\\,b"}};
    const std::string key = make_series_key("m\\,x", tags);
    EXPECT_EQ(key, "m\\\\,x,t\\\\==a\\\\,b");
    EXPECT_EQ(measurement_of_series_key(key), "m\\\\,x");
    const SeriesName name = parse_series_key(key);
    EXPECT_EQ(name.measurement, "m\\,x");
    EXPECT_EQ(name.tags, tags);
}

std::string any_name(Random& random) {
    constexpr std::string_view kParts[] = {"a", "b", ",", " ", "=", "\\", "\"", "\xC3\xA4", "0"};
    std::string name;
    for (std::uint64_t n = 1 + random.below(6); n > 0; --n) {
        name += kParts[random.below(std::size(kParts))];
    }
    // A name that ends with a backslash would escape what follows it: line protocol has none.
    while (name.ends_with('\\')) name.pop_back();
    return name.empty() ? "x" : name;
}

TEST(SeriesKey, GivesBackAnyNamesAndKeepsThemApart) {
    Random random(1);
    std::map<std::string, SeriesName> seen;
    for (int i = 0; i < 20'000; ++i) {
        SeriesName name{any_name(random), {}};
        std::map<std::string, std::string> tags;
        for (std::uint64_t n = random.below(4); n > 0; --n)
            tags[any_name(random)] = any_name(random);
        for (const auto& [key, value] : tags) name.tags.push_back({key, value});
        const std::string key = make_series_key(name.measurement, name.tags);
        const SeriesName back = parse_series_key(key);
        ASSERT_EQ(back.measurement, name.measurement) << key;
        ASSERT_EQ(back.tags, name.tags) << key;
        ASSERT_EQ(unescape_measurement(measurement_of_series_key(key)), name.measurement) << key;
        for (const Tag& tag : name.tags) ASSERT_EQ(back.tag_value(tag.key), tag.value);
        ASSERT_EQ(back.tag_value("no such tag"), "");
        const auto [at, is_new] = seen.try_emplace(key, name);
        ASSERT_EQ(at->second.measurement, name.measurement) << key;
        ASSERT_EQ(at->second.tags, name.tags) << key;
    }
}

}  // namespace
}  // namespace sluice::model
