#include "server/auth/base64.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

std::string decoded(std::string_view text, Base64Alphabet alphabet) {
    std::string out;
    const Result<void> done = append_base64_decoded(out, text, alphabet);
    return done.ok() ? out : done.error().message;
}

TEST(Base64, IsReadAsGoReadsIt) {
    struct Case {
        const char* text;
        const char* expected;
    };
    for (const Case& each :
         std::initializer_list<Case>{{"", ""},
                                     {"Zg==", "f"},
                                     {"Zm8=", "fo"},
                                     {"Zm9v", "foo"},
                                     {"Zm9vYg==", "foob"},
                                     {"Zm9vYmE=", "fooba"},
                                     {"Zm9vYmFy", "foobar"},
                                     {"Zh==", "f"},  // bits behind the last byte
                                     {"Z", "illegal base64 data at input byte 0"},
                                     {"Zg", "illegal base64 data at input byte 0"},
                                     {"Zm9vZg", "illegal base64 data at input byte 4"},
                                     {"Zg=", "illegal base64 data at input byte 3"},
                                     {"Zg=x", "illegal base64 data at input byte 2"},
                                     {"Zg==Zg==", "illegal base64 data at input byte 4"},
                                     {"Zm8=x", "illegal base64 data at input byte 4"},
                                     {"Z===", "illegal base64 data at input byte 1"},
                                     {"====", "illegal base64 data at input byte 0"},
                                     {"Zm!v", "illegal base64 data at input byte 2"},
                                     {"Zm-_", "illegal base64 data at input byte 2"}}) {
        EXPECT_EQ(decoded(each.text, Base64Alphabet::kStandard), each.expected) << each.text;
    }
    EXPECT_EQ(decoded("+/+/", Base64Alphabet::kStandard), decoded("-_-_", Base64Alphabet::kUrl));
    EXPECT_EQ(decoded("+/+/", Base64Alphabet::kUrl), "illegal base64 data at input byte 0");
}

TEST(Base64, WritesWhatItReads) {
    std::string bytes;
    for (int i = 0; i < 200; ++i) {
        std::string text;
        append_base64_encoded(text, bytes, Base64Alphabet::kUrl);
        EXPECT_EQ(text.size() % 4, 0u);
        EXPECT_EQ(decoded(text, Base64Alphabet::kUrl), bytes);
        bytes += static_cast<char>(i * 37);
    }
    std::string text;
    append_base64_encoded(text, "\xFB\xEF\xBE", Base64Alphabet::kStandard);
    append_base64_encoded(text, "\xFB\xEF\xBE", Base64Alphabet::kUrl);
    append_base64_encoded(text, "a", Base64Alphabet::kUrl);
    EXPECT_EQ(text, "++++----YQ==");
}

}  // namespace
}  // namespace sluice::server
