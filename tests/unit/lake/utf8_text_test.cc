#include "lake/utf8_text.h"

#include <gtest/gtest.h>

namespace sluice::lake {
namespace {

TEST(Utf8Text, TellsTextFromOtherBytes) {
    for (const char* good : {"", "plain text of ASCII", "Zürich", "東京", "\xF0\x9F\x98\x80",
                             "12345678\xC3\xBC", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_TRUE(is_utf8(good)) << good;
        EXPECT_EQ(with_replacements(good), good);
    }
    for (const char* bad : {"\xFF", "abc\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "12345678\x80", "\xE6\x9D"}) {
        EXPECT_FALSE(is_utf8(bad)) << bad;
        EXPECT_TRUE(is_utf8(with_replacements(bad))) << bad;
    }
}

TEST(Utf8Text, ReplacesEachByteThatIsNone) {
    EXPECT_EQ(with_replacements("a\xFF\xFE"
                                "b\xC3"),
              "a\xEF\xBF\xBD\xEF\xBF\xBD"
              "b\xEF\xBF\xBD");
}

}  // namespace
}  // namespace sluice::lake
