#include "server/auth/verified_passwords.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

// The same place for all of them.
KeyedHash::Code code(unsigned char number) {
    KeyedHash::Code made{};
    made.back() = number;
    return made;
}

TEST(VerifiedPasswords, KnowsWhatWentIn) {
    VerifiedPasswords passwords;
    // All zeros is what an empty place holds.
    EXPECT_FALSE(passwords.contains(code(0)));
    passwords.insert(code(1));
    EXPECT_TRUE(passwords.contains(code(1)));
    EXPECT_FALSE(passwords.contains(code(2)));
    EXPECT_FALSE(passwords.contains(code(0)));
}

TEST(VerifiedPasswords, TheOldestOfAFullSetLeaves) {
    VerifiedPasswords passwords;
    for (unsigned char i = 1; i <= 4; ++i) passwords.insert(code(i));
    passwords.insert(code(4));
    for (unsigned char i = 1; i <= 4; ++i) EXPECT_TRUE(passwords.contains(code(i)));
    passwords.insert(code(5));
    EXPECT_FALSE(passwords.contains(code(1)));
    passwords.insert(code(6));
    EXPECT_FALSE(passwords.contains(code(2)));
    for (unsigned char i = 3; i <= 6; ++i) EXPECT_TRUE(passwords.contains(code(i)));
}

}  // namespace
}  // namespace sluice::server
