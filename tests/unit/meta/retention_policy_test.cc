#include "sluice/meta/retention_policy.h"

#include <gtest/gtest.h>

#include <string>

#include "sluice/base/units.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/user.h"

namespace sluice::meta {
namespace {

TEST(ShardGroupDuration, FollowsFromThePolicyAtItsBoundaries) {
    EXPECT_EQ(shard_group_duration_for(0, 0), kWeekNs);
    EXPECT_EQ(shard_group_duration_for(0, kHourNs), kHourNs);
    EXPECT_EQ(shard_group_duration_for(0, 2 * kDayNs - 1), kHourNs);
    EXPECT_EQ(shard_group_duration_for(0, 2 * kDayNs), kDayNs);
    EXPECT_EQ(shard_group_duration_for(0, 180 * kDayNs - 1), kDayNs);
    EXPECT_EQ(shard_group_duration_for(0, 180 * kDayNs), kWeekNs);
    // What was asked for stands, whatever the policy keeps, but for less than an hour.
    EXPECT_EQ(shard_group_duration_for(1, 0), kHourNs);
    EXPECT_EQ(shard_group_duration_for(kHourNs - 1, kDayNs), kHourNs);
    EXPECT_EQ(shard_group_duration_for(kHourNs + 1, kHourNs), kHourNs + 1);
    EXPECT_EQ(shard_group_duration_for(5000 * kDayNs, kHourNs), 5000 * kDayNs);
}

TEST(Name, IsWhatADirectoryMayBeCalled) {
    for (const char* name :
         {"a", "...", ".a", "a b", "-", "$db", "'\"`", "\xC3\xA4\xE2\x82\xAC", "\xF0\x9F\x98\x80",
          "a\xEF\xBF\xBD", "\xFF\xFE" /* read as U+FFFD, as Go does */}) {
        EXPECT_TRUE(is_valid_name(name)) << name;
    }
    for (const char* name : {"", ".", "..", "/", "a/b", "\\", "a\\b", "a\tb", "a\n", "\x7F", "\x1B",
                             "a\xC2\xA0"
                             "b" /* a blank that does not break */,
                             "\xC2\xAD" /* a soft hyphen */, "\xE2\x80\xAE" /* right to left */,
                             "\xEE\x80\x80" /* private use */,
                             "\xEF\xBB\xBF"
                             "a" /* a mark */}) {
        EXPECT_FALSE(is_valid_name(name)) << name;
    }
    EXPECT_FALSE(is_valid_name(std::string_view("a\0b", 3)));
}

TEST(Name, DecidesByEachCharacterAlone) {
    // Each code point of the first plane, alone and between others.
    std::size_t refused = 0;
    for (char32_t code = 1; code <= 0xFFFF; ++code) {
        if (code >= 0xD800 && code <= 0xDFFF) continue;
        std::string text;
        if (code < 0x80) {
            text += static_cast<char>(code);
        } else if (code < 0x800) {
            text += static_cast<char>(0xC0 | code >> 6);
            text += static_cast<char>(0x80 | (code & 0x3F));
        } else {
            text += static_cast<char>(0xE0 | code >> 12);
            text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
            text += static_cast<char>(0x80 | (code & 0x3F));
        }
        const bool within = is_valid_name("a" + text + "b");
        if (text != ".") {
            ASSERT_EQ(is_valid_name(text), within) << static_cast<std::uint32_t>(code);
        }
        refused += within ? 0 : 1;
    }
    // Private use alone is 6,400 of them; letters and signs of all scripts are not refused.
    EXPECT_GT(refused, 6'400u);
    EXPECT_LT(refused, 6'700u);
}

TEST(Privilege, IsASetOfTwoBits) {
    constexpr Privilege kAll[] = {Privilege::kNone, Privilege::kRead, Privilege::kWrite,
                                  Privilege::kAll};
    for (const Privilege held : kAll) {
        EXPECT_TRUE(includes(held, Privilege::kNone));
        EXPECT_TRUE(includes(Privilege::kAll, held));
        EXPECT_EQ(without(held, held), Privilege::kNone);
        EXPECT_EQ(without(held, Privilege::kNone), held);
        for (const Privilege taken : kAll) {
            EXPECT_TRUE(taken == Privilege::kNone || !includes(without(held, taken), taken));
            EXPECT_TRUE(includes(held, without(held, taken)));
        }
    }
    EXPECT_FALSE(includes(Privilege::kRead, Privilege::kWrite));
    EXPECT_FALSE(includes(Privilege::kRead, Privilege::kAll));
    EXPECT_EQ(privilege_text(Privilege::kNone), "NO PRIVILEGES");
    EXPECT_EQ(privilege_text(Privilege::kAll), "ALL PRIVILEGES");
}

TEST(User, MayWhatHisPrivilegeSaysAndAnAdminEverything) {
    User user;
    user.privileges = {{"a", Privilege::kRead}, {"b", Privilege::kNone}, {"c", Privilege::kAll}};
    EXPECT_TRUE(user.may(Privilege::kRead, "a"));
    EXPECT_FALSE(user.may(Privilege::kWrite, "a"));
    EXPECT_FALSE(user.may(Privilege::kRead, "b"));
    EXPECT_TRUE(user.may(Privilege::kAll, "c"));
    EXPECT_FALSE(user.may(Privilege::kRead, "A"));
    EXPECT_FALSE(user.may(Privilege::kRead, ""));
    EXPECT_EQ(user.privilege_on("none"), Privilege::kNone);
    user.is_admin = true;
    EXPECT_TRUE(user.may(Privilege::kAll, "none"));
}

}  // namespace
}  // namespace sluice::meta
