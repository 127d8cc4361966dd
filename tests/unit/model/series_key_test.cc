#include "sluice/model/series_key.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sluice::model
