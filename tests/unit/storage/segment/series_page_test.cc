#include <gtest/gtest.h>

#include <algorithm>

#include "sluice/base/random.h"
#include "storage/segment/segment_series_page.h"

namespace sluice::storage {
namespace {

ByteWriter write_page(const std::vector<std::string>& keys) {
    SeriesPageBuilder builder;
    for (const std::string& key : keys) builder.add(key);
    EXPECT_EQ(builder.first_key(), keys[0]);
    ByteWriter out;
    builder.write(out);
    EXPECT_EQ(builder.series_count(), 0u);
    return out;
}

SeriesPage parse(const ByteWriter& bytes, std::size_t count) {
    Result<SeriesPage> page =
        SeriesPage::parse(bytes.span(), 100, static_cast<std::uint32_t>(count));
    EXPECT_TRUE(page.ok()) << page.error().message;
    return std::move(page).value();
}

struct KeysCase {
    const char* name;
    std::vector<std::string> keys;
    bool has_tags;
};

const KeysCase kCases[] = {
    {"one key without tags", {"m"}, true},
    {"tags come and go", {"m", "m,a=1", "m,a=1,b=2", "m,b=2", "m,c=3"}, true},
    {"escapes", {R"(m\,x,a\=b=c\,d)", R"(m\,x,a\=b=e\ f)"}, true},
    {"value with a backslash", {R"(m,a=x\y)", R"(m,a=x\y,b=z)"}, true},
    {"two measurements", {"m,a=1", "n,a=1"}, false},
    {"no equals sign", {"m,a", "m,b=1"}, false},
    {"tags out of order", {"m,b=1,a=2"}, false},
    {"the same tag twice", {"m,a=1,a=2"}, false},
    {"empty value", {"m,a="}, true},
    {"empty key", {"m,=a"}, false},
    {"binary", {std::string("m,a=\0\xff", 6), "m,a=\xff"}, true},
    {"trailing backslash", {"m,a=\\"}, true},
};

TEST(SeriesPage, AnyKeysComeBack) {
    for (const KeysCase& one : kCases) {
        const SeriesPage page = parse(write_page(one.keys), one.keys.size());
        std::vector<std::string> keys;
        page.append_keys(keys);
        EXPECT_EQ(keys, one.keys) << one.name;
        EXPECT_EQ(page.has_tags(), one.has_tags) << one.name;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            EXPECT_EQ(page.find(keys[i]), static_cast<std::int64_t>(i)) << one.name;
        }
        EXPECT_EQ(page.find("m,zz"), -1);
        EXPECT_EQ(page.find(""), -1);
    }
}

TEST(SeriesPage, TagsCanBeTestedWithoutKeys) {
    const std::vector<std::string> keys = {"m,host=a,region=eu", "m,host=b,region=us", "m,host=c",
                                           "m,host=d,region=eu"};
    const SeriesPage page = parse(write_page(keys), keys.size());
    ASSERT_EQ(page.tag_count(), 2u);
    EXPECT_EQ(page.tag_key(1), "region");
    ASSERT_EQ(page.tag_value_count(1), 2u);
    EXPECT_EQ(page.tag_value(1, 0), "eu");
    const auto ids = page.tag_ids(1);
    EXPECT_EQ(std::vector<std::uint64_t>(ids.begin(), ids.end()),
              (std::vector<std::uint64_t>{1, 2, 0, 1}));
}

TEST(SeriesPage, SeriesWithSharedPrefixesTakeFewBytes) {
    std::vector<std::string> keys;
    for (int i = 0; i < 4096; ++i) {
        keys.push_back("m,host=server-" + std::to_string(123456 + i) +
                       ",region=" + (i % 3 == 0 ? "eu" : "us"));
    }
    std::sort(keys.begin(), keys.end());
    EXPECT_LT(write_page(keys).size(), 4 * keys.size());
}

TEST(SeriesPage, EveryFlippedBitAndTruncationIsNoticed) {
    const std::vector<std::string> keys = {"m", "m,a=1", "m,a=2,b=x", "m,b=x"};
    const ByteWriter good = write_page(keys);
    std::vector<std::byte> bytes(good.span().begin(), good.span().end());
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
        EXPECT_FALSE(SeriesPage::parse(bytes, 0, 4).ok());
        bytes[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const std::vector<std::byte> cut(bytes.begin(),
                                         bytes.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(SeriesPage::parse(cut, 0, 4).ok());
    }
    EXPECT_TRUE(SeriesPage::parse(bytes, 0, 4).ok());
}

TEST(SeriesPage, FullPagesAreBounded) {
    SeriesPageBuilder builder;
    const std::string tail(5000, 'x');
    for (int i = 1000; !builder.full(); ++i) builder.add("m,a=" + std::to_string(i) + tail);
    EXPECT_LT(builder.series_count(), 300u);
    ByteWriter out;
    builder.write(out);
    EXPECT_TRUE(SeriesPage::parse(out.span(), 0, 210).ok());
}

}  // namespace
}  // namespace sluice::storage
