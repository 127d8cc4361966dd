#include "engine/retention_enforcer.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

constexpr std::int64_t kCheck = 10 * kMinuteNs;

class RetentionEnforcerTest : public testing::Test {
protected:
    RetentionEnforcerTest() {
        meta::CatalogEditor editor{meta::Catalog{}};
        meta::RetentionPolicySpec day;
        day.duration_ns = kDayNs;
        EXPECT_TRUE(editor.create_database("d", day).ok());
        EXPECT_TRUE(editor.create_database("for_ever", {}).ok());
        meta::NamesWanted wanted{"d", "autogen", {}};
        for (int hour = 0; hour < 100; ++hour) wanted.groups.push_back({0, hour * kHourNs, {}});
        EXPECT_TRUE(editor.ensure_names(wanted).ok());
        wanted = {"for_ever", "autogen", {{0, 0, {}}}};
        EXPECT_TRUE(editor.ensure_names(wanted).ok());
        catalog_ = std::move(editor).finish();
    }
    // The number of groups that go in a check `later` after the one before, if the wall clock has
    // moved by `jump` more than the monotonic one.
    std::size_t check(std::int64_t later = kCheck, std::int64_t jump = 0) {
        monotonic_ += later;
        wall_ += later + jump;
        return enforcer_.check(*catalog_, wall_, monotonic_).size();
    }

    std::shared_ptr<const meta::Catalog> catalog_;
    RetentionEnforcer enforcer_{RetentionRules{}};
    std::int64_t monotonic_ = 12345;
    std::int64_t wall_ = 50 * kHourNs;
};

TEST_F(RetentionEnforcerTest, ExpiredGroupsGoAfterSeveralChecks) {
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 0u);
    // 50 h 30 min - 24 h: the groups that ended at 1 h ... 26 h.
    EXPECT_EQ(check(), 26u);
    EXPECT_EQ(check(), 26u) << "until the catalog lets them go";
}

TEST_F(RetentionEnforcerTest, HurriedChecksConfirmNothing) {
    EXPECT_EQ(check(), 0u);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(check(kSecondNs), 0u);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 26u);
}

TEST_F(RetentionEnforcerTest, AGroupExpiresOnItsOwnTime) {
    for (int i = 0; i < 3; ++i) check();
    EXPECT_EQ(check(), 26u);
    EXPECT_EQ(check(), 26u);
    EXPECT_EQ(check(), 26u);  // 51 h: the next one ended 24 h ago, to the nanosecond
    EXPECT_EQ(check(), 26u);
    EXPECT_EQ(check(), 26u);
    EXPECT_EQ(check(), 27u);
}

TEST_F(RetentionEnforcerTest, AJumpOfAYearDeletesNothingForADay) {
    for (int i = 0; i < 2; ++i) check();
    EXPECT_EQ(check(kCheck, 365 * kDayNs), 0u);
    EXPECT_EQ(enforcer_.last_jump_ns(), 365 * kDayNs);
    for (std::int64_t t = kCheck; t < kDayNs; t += kCheck) EXPECT_EQ(check(), 0u);
    EXPECT_EQ(enforcer_.last_jump_ns(), 0);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 100u);
}

TEST_F(RetentionEnforcerTest, AStartInAnotherYearDeletesNothingForAWeek) {
    enforcer_.start(wall_ - 365 * kDayNs, wall_, monotonic_);
    EXPECT_EQ(enforcer_.start_gap_ns(monotonic_), 365 * kDayNs);
    EXPECT_EQ(enforcer_.held_off_ns(monotonic_), 7 * kDayNs);
    for (std::int64_t t = kCheck; t < 7 * kDayNs; t += kCheck) EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(enforcer_.start_gap_ns(monotonic_), 0);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 100u);
}

TEST_F(RetentionEnforcerTest, AStartAfterAShortOutageIsBelieved) {
    enforcer_.start(wall_ - kDayNs + 1, wall_, monotonic_);
    EXPECT_EQ(enforcer_.held_off_ns(monotonic_), 0);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 26u);
}

TEST_F(RetentionEnforcerTest, AStartAfterTwoDaysWaitsForTwoDays) {
    enforcer_.start(wall_ - 2 * kDayNs, wall_, monotonic_);
    EXPECT_EQ(enforcer_.held_off_ns(monotonic_), 2 * kDayNs);
}

TEST_F(RetentionEnforcerTest, AStartBeforeTheLastKnownTimeIsBelieved) {
    enforcer_.start(wall_ + 365 * kDayNs, wall_, monotonic_);
    EXPECT_EQ(enforcer_.held_off_ns(monotonic_), 0);
}

TEST_F(RetentionEnforcerTest, AClockThatIsPutRightAfterTheStartIsBelievedAfterADay) {
    wall_ += 3650 * kDayNs;
    enforcer_.start(wall_ - 3650 * kDayNs, wall_, monotonic_);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(kCheck, -3650 * kDayNs), 0u);
    EXPECT_EQ(enforcer_.start_gap_ns(monotonic_), 0);
    EXPECT_EQ(enforcer_.held_off_ns(monotonic_), kDayNs);
    for (std::int64_t t = kCheck; t < kDayNs; t += kCheck) EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 50u) << "three days after the beginning, less the policy's one";
}

TEST_F(RetentionEnforcerTest, NoHoldOffBelievesAnyStart) {
    RetentionRules rules;
    rules.start_hold_off_max_ns = 0;
    enforcer_ = RetentionEnforcer(rules);
    enforcer_.start(wall_ - 3650 * kDayNs, wall_, monotonic_);
    EXPECT_EQ(enforcer_.held_off_ns(monotonic_), 0);
}

TEST_F(RetentionEnforcerTest, AJumpThatIsTakenBackDeletesNothing) {
    for (int i = 0; i < 2; ++i) check();
    EXPECT_EQ(check(kCheck, 365 * kDayNs), 0u);
    EXPECT_EQ(check(kCheck, -365 * kDayNs), 0u);
    for (int i = 0; i < 300; ++i) EXPECT_LE(check(), 26u + 50u);
}

TEST_F(RetentionEnforcerTest, AShortJumpWaitsAsLongAsItIsWide) {
    for (int i = 0; i < 3; ++i) check();
    EXPECT_EQ(check(kCheck, 2 * kHourNs), 0u);
    for (int i = 0; i < 11; ++i) EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 0u);
    EXPECT_EQ(check(), 0u);
    EXPECT_GT(check(), 26u);
}

TEST_F(RetentionEnforcerTest, SlewingIsNoJump) {
    for (int i = 0; i < 2; ++i) EXPECT_EQ(check(kCheck, kSecondNs), 0u);
    EXPECT_EQ(check(kCheck, -kSecondNs), 26u);
}

TEST_F(RetentionEnforcerTest, ALongerPolicyTakesConfirmationsBack) {
    for (int i = 0; i < 2; ++i) check();
    meta::CatalogEditor editor(*catalog_);
    meta::RetentionPolicyUpdate update;
    update.duration_ns = 1000 * kDayNs;
    ASSERT_TRUE(editor.alter_retention_policy("d", "autogen", update, false).ok());
    catalog_ = std::move(editor).finish();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(check(), 0u);
}

}  // namespace
}  // namespace sluice::engine
