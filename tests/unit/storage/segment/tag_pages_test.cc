// Which pages a query for some values of a tag reads, and what it finds there.
#include "storage/segment/tag_pages.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/segment/series_digest.h"

namespace sluice::storage {
namespace {

using Places = std::vector<std::uint32_t>;

SeriesPage page_of(const std::vector<std::string>& keys) {
    SeriesPageBuilder builder;
    for (const std::string& key : keys) builder.add(key);
    ByteWriter out;
    builder.write(out);
    return std::move(SeriesPage::parse(out.span(), 0, static_cast<std::uint32_t>(keys.size())))
        .value();
}

Places places(const SeriesPage& page, const TagChoice& choice) {
    PodVector<std::uint32_t> found;
    find_places(page, choice, found);
    return {found.begin(), found.end()};
}

TEST(TagPages, FindsKeysByTheValueOfATag) {
    const SeriesPage page = page_of({"cpu,host=a", "cpu,host=a,rack=1", "cpu,host=ab",
                                     "cpu,host=b,zone=a", "cpu,myhost=a", "cpu,zone=a"});
    EXPECT_EQ(places(page, {"host", {"a"}}), (Places{0, 1}));
    EXPECT_EQ(places(page, {"host", {"b", "a", "b"}}), (Places{0, 1, 3}));
    EXPECT_EQ(places(page, {"zone", {"a"}}), (Places{3, 5}));
    EXPECT_EQ(places(page, {"zone", {"b"}}), Places{});
    EXPECT_EQ(places(page, {"floor", {"a"}}), Places{});
    EXPECT_EQ(places(page, {"host", {}}), Places{});
}

TEST(TagPages, LeavesKeysWithEscapesToItsCaller) {
    const SeriesPage page = page_of({"a\\,host=b,host=c", "a\\,host=b,x=y"});
    EXPECT_EQ(places(page, {"host", {"b"}}), Places{});  // the measurement is not a tag
    EXPECT_EQ(places(page, {"host", {"c"}}), Places{0});
    const SeriesPage escaped = page_of({"cpu,host=b", "cpu,host=b\\,c"});
    EXPECT_EQ(places(escaped, {"host", {"c"}}), (Places{0, 1}));
    TagPages pages("host");
    pages.add_page(escaped);
    pages.add_unknown_page();
    EXPECT_TRUE(pages.may_have(0, {"host", {"c"}}));
    EXPECT_TRUE(pages.may_have(1, {"host", {"c"}}));
}

TEST(TagPages, APageWithoutTheTagHasNothing) {
    TagPages pages("host");
    pages.add_page(page_of({"cpu", "cpu,zone=a"}));
    pages.add_page(page_of({"cpu,host=a"}));
    ASSERT_EQ(pages.page_count(), 2u);
    EXPECT_FALSE(pages.may_have(0, {"host", {"a"}}));
    EXPECT_TRUE(pages.may_have(1, {"host", {"x", "a"}}));
    EXPECT_FALSE(pages.may_have(1, {"host", {}}));
}

// A filter never misses a value, seldom finds another one, and takes two bytes a value.
TEST(TagPages, FindsThePageOfAValueAmongMany) {
    constexpr std::uint32_t kPages = 50;
    constexpr std::uint32_t kSeries = 1000;
    TagPages pages("host");
    const auto host = [](std::uint32_t page, std::uint32_t i) {
        return "h" + std::to_string(1'000'000 + i * kPages + page);
    };
    for (std::uint32_t page = 0; page < kPages; ++page) {
        std::vector<std::string> keys;
        for (std::uint32_t i = 0; i < kSeries; ++i) keys.push_back("cpu,host=" + host(page, i));
        pages.add_page(page_of(keys));
    }
    std::uint32_t in_vain = 0;
    for (std::uint32_t page = 0; page < kPages; ++page) {
        for (std::uint32_t i = 0; i < kSeries; i += 50) {
            const TagChoice choice{"host", {host(page, i)}};
            for (std::uint32_t other = 0; other < kPages; ++other) {
                const bool found = pages.may_have(other, choice);
                if (other == page) {
                    ASSERT_TRUE(found);
                } else {
                    in_vain += found ? 1 : 0;
                }
            }
        }
    }
    EXPECT_LT(in_vain, kPages * kPages * kSeries / 50 / 200);
    EXPECT_LT(pages.memory_bytes(), kPages * kSeries * 5 / 2 * 2);
}

TEST(SeriesDigest, KnowsThePagesByTheirFirstKeysInLists) {
    SeriesDigest digest;
    // As bytes a-b comes before a, in lists behind it.
    digest.add_page(page_of({"m,a-b=1", "m,a-b=2"}));
    digest.add_page(page_of({"m,a=1!", "m,a=1,b=2"}));
    digest.add_page(page_of({"m,b=1", "m,c=1"}));
    digest.finish();
    ASSERT_EQ(digest.firsts().size(), 3u);
    EXPECT_EQ(digest.firsts()[0].key, "m,a=1,b=2");
    EXPECT_EQ(digest.firsts()[0].page, 1u);
    EXPECT_EQ(digest.firsts()[1].page, 0u);
    EXPECT_EQ(digest.firsts()[2].key, "m,b=1");
    EXPECT_EQ(digest.sample().estimate(), 6u);
    EXPECT_GT(digest.memory_bytes(), digest.sample().memory_bytes());
}

TEST(TagChoice, TakesNothingThatKeysEscape) {
    EXPECT_TRUE(TagChoice::is_plain("host_1"));
    for (const char* name : {"", "a b", "a,b", "a=b", "a\\b"}) {
        EXPECT_FALSE(TagChoice::is_plain(name)) << name;
    }
}

}  // namespace
}  // namespace sluice::storage
