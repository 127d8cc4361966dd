#include "sluice/base/go_text.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(GoText, ReadsIntegersAsParseInt) {
    EXPECT_EQ(*parse_go_integer("0"), 0);
    EXPECT_EQ(*parse_go_integer("+7"), 7);
    EXPECT_EQ(*parse_go_integer("-9223372036854775808"), INT64_MIN);
    for (const char* text : {"", "+", "-", "+-1", "1.5", "1e3", " 1", "1 ", "0x1", "1_0"}) {
        const auto parsed = parse_go_integer(text);
        ASSERT_FALSE(parsed.ok()) << text;
        EXPECT_EQ(parsed.error().message,
                  "strconv.ParseInt: parsing \"" + std::string(text) + "\": invalid syntax");
    }
    EXPECT_EQ(parse_go_integer("9223372036854775808").error().message,
              "strconv.ParseInt: parsing \"9223372036854775808\": value out of range");
}

TEST(GoText, QuotesAsPercentQ) {
    EXPECT_EQ(quote_go("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(quote_go(std::string("a\nb\tc\0d\x7F", 8)), R"("a\nb\tc\x00d\x7f")");
    EXPECT_EQ(quote_go("\a\b\v\f\r\x1B"), R"("\a\b\v\f\r\x1b")");
    EXPECT_EQ(quote_go("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
              "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    EXPECT_EQ(quote_go("\xFF\xFEx\xC3"), R"("\xff\xfex\xc3")");
    EXPECT_EQ(quote_go("\xE2\x80\xA8\xC2\xAD\xC2\xA0\xEF\xBB\xBF"),
              R"("\u2028\u00ad\u00a0\ufeff")");
    EXPECT_EQ(quote_go("\xC0\x80\xED\xA0\x80\xF5\x80\x80\x80"),
              R"("\xc0\x80\xed\xa0\x80\xf5\x80\x80\x80")");
    EXPECT_EQ(quote_go("\xF3\xA0\x80\x81"), R"("\U000e0001")");
}

}  // namespace
}  // namespace sluice
