#include "server/auth/verified_tokens.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

// The same place for all of them.
KeyedHash::Code code(unsigned char number) {
    KeyedHash::Code made{};
    made.back() = number;
    return made;
}

std::string user(const VerifiedTokens& tokens, unsigned char number, std::int64_t now_s) {
    const std::string* const name = tokens.user_of(code(number), now_s);
    return name == nullptr ? "unknown" : *name;
}

TEST(VerifiedTokens, AreKnownUntilTheyExpire) {
    VerifiedTokens tokens;
    EXPECT_EQ(user(tokens, 0, 0), "unknown");
    tokens.insert(code(1), {"bob", 100});
    EXPECT_EQ(user(tokens, 1, 99), "bob");
    EXPECT_EQ(user(tokens, 1, 100), "bob");
    EXPECT_EQ(user(tokens, 1, 101), "unknown");
    EXPECT_EQ(user(tokens, 2, 99), "unknown");
    EXPECT_EQ(user(tokens, 0, 99), "unknown");
}

TEST(VerifiedTokens, TheLaterOfTwoWithOnePlaceStays) {
    VerifiedTokens tokens;
    tokens.insert(code(1), {"bob", 100});
    tokens.insert(code(2), {"ann", 100});
    EXPECT_EQ(user(tokens, 1, 50), "unknown");
    EXPECT_EQ(user(tokens, 2, 50), "ann");
}

TEST(VerifiedTokens, NamesOfAnySizeTakeNoMemory) {
    VerifiedTokens tokens;
    tokens.insert(code(1), {std::string(10'000, 'x'), 100});
    EXPECT_EQ(user(tokens, 1, 50), "unknown");
}

}  // namespace
}  // namespace sluice::server
