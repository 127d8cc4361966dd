#include "sluice/meta/password.h"

#include <gtest/gtest.h>

namespace sluice::meta {
namespace {

TEST(Password, IsHashedWithASaltOfItsOwn) {
    const Result<std::string> hash = hash_password("secret");
    ASSERT_TRUE(hash.ok());
    EXPECT_EQ(hash->substr(0, 7), "$2b$10$");
    EXPECT_EQ(hash->size(), 60u);
    EXPECT_NE(hash.value(), hash_password("secret").value());
    EXPECT_TRUE(password_matches(*hash, "secret"));
    EXPECT_FALSE(password_matches(*hash, "Secret"));
    EXPECT_FALSE(password_matches(*hash, ""));
}

TEST(Password, HashesOfInfluxAreUnderstood) {
    // From the meta.db of InfluxDB 1.6.7 after CREATE USER ... WITH PASSWORD 'secret'.
    EXPECT_TRUE(
        password_matches("$2a$10$twL3NGheXI2Nj4uhzdOviePKKYAVWewiOfW9Ggu0UEXPqbCLOvb.S", "secret"));
}

TEST(Password, NothingMatchesABrokenHash) {
    for (const char* hash : {"", "*", "*0", "$2b$10$", "secret", "$9$x"}) {
        EXPECT_FALSE(password_matches(hash, "secret")) << hash;
        EXPECT_FALSE(password_matches(hash, "")) << hash;
    }
}

TEST(Password, ZeroBytesAreRefused) {
    EXPECT_FALSE(hash_password(std::string_view("a\0b", 3)).ok());
    const Result<std::string> hash = hash_password("a");
    ASSERT_TRUE(hash.ok());
    EXPECT_FALSE(password_matches(*hash, std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace sluice::meta
