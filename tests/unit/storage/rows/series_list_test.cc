#include "sluice/storage/series_list.h"

#include <gtest/gtest.h>

namespace sluice::storage {
namespace {

using Places = std::vector<std::uint32_t>;

SeriesList list_of(std::initializer_list<const char*> keys) {
    SeriesList list;
    for (const char* key : keys) list.add(key);
    return list;
}

TEST(SeriesList, FindsKeysByTheValueOfATag) {
    const SeriesList list = list_of({"cpu,host=a", "cpu,host=ab", "cpu,host=b,zone=a",
                                     "cpu,myhost=a", "cpu,rack=1,host=a", "cpu,zone=a"});
    EXPECT_EQ(list.find({"host", {"a"}}), (Places{0, 4}));
    EXPECT_EQ(list.find({"host", {"b", "a", "b"}}), (Places{0, 2, 4}));
    EXPECT_EQ(list.find({"zone", {"a"}}), (Places{2, 5}));
    EXPECT_EQ(list.find({"zone", {"b"}}), Places{});
    EXPECT_EQ(list.find({"floor", {"a"}}), Places{});
}

TEST(SeriesList, LeavesKeysWithEscapesToItsCaller) {
    const SeriesList list =
        list_of({"a\\,host=b,x=y", "cpu,a\\,host=b", "cpu,host=b", "cpu,host=b\\,c"});
    EXPECT_EQ(list.find({"host", {"b"}}), (Places{0, 1, 2, 3}));
    EXPECT_EQ(list.find({"host", {"c"}}), (Places{0, 1, 3}));
}

TEST(SeriesList, IndexesAFewTagsOnly) {
    const SeriesList list = list_of({"cpu,host=a"});
    for (const char* tag : {"a", "b", "c", "host"}) EXPECT_TRUE(list.find({tag, {"a"}}));
    EXPECT_FALSE(list.find({"d", {"a"}}));
    EXPECT_EQ(list.find({"host", {"a"}}), Places{0});
}

TEST(TagChoice, TakesNothingThatKeysEscape) {
    EXPECT_TRUE(TagChoice::is_plain("host_1"));
    for (const char* name : {"", "a b", "a,b", "a=b", "a\\b"}) {
        EXPECT_FALSE(TagChoice::is_plain(name)) << name;
    }
}

}  // namespace
}  // namespace sluice::storage
