#include "server/auth/keyed_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::server {
namespace {

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
        out += digits;
    }
    return out;
}

// RFC 4231, test case 2.
TEST(KeyedHash, IsHmac) {
    const std::string_view message = "what do ya want for nothing?";
    EXPECT_EQ(hex(hash_with_key(Sha2::kSha256, "Jefe", message).text()),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(
        hex(hash_with_key(Sha2::kSha384, "Jefe", message).text()),
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239e"
        "cfab21649");
    EXPECT_EQ(
        hex(hash_with_key(Sha2::kSha512, "Jefe", message).text()),
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f"
        "65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST(KeyedHash, TellsPartsApart) {
    KeyedHash hash;
    const KeyedHash::Code code = hash.of("bob", "secret", "$2b$");
    EXPECT_EQ(hash.of("bob", "secret", "$2b$"), code);
    EXPECT_NE(hash.of("bo", "bsecret", "$2b$"), code);
    EXPECT_NE(hash.of("bob", "secret$", "2b$"), code);
    EXPECT_NE(hash.of("bob", "secret", ""), code);
    EXPECT_NE(hash.of("", "", ""), code);
}

TEST(KeyedHash, HasAKeyOfItsOwn) {
    KeyedHash one;
    KeyedHash other;
    EXPECT_NE(one.of("a", "b", "c"), other.of("a", "b", "c"));
}

TEST(KeyedHash, ComparesWholeTexts) {
    EXPECT_TRUE(are_equal_in_constant_time("", ""));
    EXPECT_TRUE(are_equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(are_equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(are_equal_in_constant_time("abc", "ab"));
    EXPECT_FALSE(are_equal_in_constant_time("", "a"));
}

}  // namespace
}  // namespace sluice::server
