#include "server/services/token_bucket.h"

#include <gtest/gtest.h>

#include "sluice/base/random.h"

namespace sluice::server {
namespace {

constexpr std::int64_t kStartNs = 1'000 * kSecondNs;

TEST(TokenBucket, LetsABurstInAndThenTheRate) {
    TokenBucket bucket(10, 100);
    EXPECT_EQ(bucket.wait_s(kStartNs), 0u);
    bucket.charge(99, kStartNs);
    EXPECT_EQ(bucket.wait_s(kStartNs), 0u);
    bucket.charge(1, kStartNs);
    EXPECT_EQ(bucket.wait_s(kStartNs), 1u);
    EXPECT_EQ(bucket.wait_s(kStartNs + kSecondNs), 0u);
    bucket.charge(10, kStartNs + kSecondNs);
    EXPECT_EQ(bucket.wait_s(kStartNs + kSecondNs), 1u);
}

TEST(TokenBucket, ADebtIsPaidOffAtTheRate) {
    TokenBucket bucket(10, 0);
    bucket.charge(60, kStartNs);  // 50 more than there were
    EXPECT_EQ(bucket.wait_s(kStartNs), 6u);
    EXPECT_EQ(bucket.wait_s(kStartNs + 4 * kSecondNs), 2u);
    EXPECT_EQ(bucket.wait_s(kStartNs + 6 * kSecondNs), 0u);
}

TEST(TokenBucket, FillsToItsBurstAndNotBeyond) {
    TokenBucket bucket(10, 20);
    bucket.charge(20, kStartNs);
    bucket.charge(21, kStartNs + 1000 * kSecondNs);
    EXPECT_EQ(bucket.wait_s(kStartNs + 1000 * kSecondNs), 1u);
}

TEST(TokenBucket, WithoutARateNothingWaits) {
    TokenBucket bucket(0, 0);
    bucket.charge(1'000'000, kStartNs);
    EXPECT_EQ(bucket.wait_s(kStartNs), 0u);
}

TEST(TokenBucket, AClockThatStandsStillDoesNotFillIt) {
    TokenBucket bucket(10, 10);
    bucket.charge(11, kStartNs);
    EXPECT_EQ(bucket.wait_s(kStartNs), 1u);
    EXPECT_EQ(bucket.wait_s(kStartNs - kSecondNs), 1u);
}

// Whoever comes only when told so, and pays afterwards, gets the rate, and the burst once.
TEST(TokenBucket, GivesTheRateInTheLongRun) {
    Random random(1);
    for (int round = 0; round < 100; ++round) {
        const std::uint64_t rate = 1 + random.below(1000);
        const std::uint64_t burst = 1 + random.below(3000);
        TokenBucket bucket(rate, burst);
        std::int64_t now = kStartNs;
        std::uint64_t taken = 0;
        std::uint64_t largest = 0;
        while (now < kStartNs + 1000 * kSecondNs) {
            const unsigned wait = bucket.wait_s(now);
            if (wait > 0) {
                now += wait * kSecondNs;
                // It has been told the truth: now it may come.
                ASSERT_EQ(bucket.wait_s(now), 0u) << rate << ", " << burst;
            }
            const std::uint64_t amount = 1 + random.below(2 * rate);
            bucket.charge(amount, now);
            taken += amount;
            largest = std::max(largest, amount);
            now += static_cast<std::int64_t>(random.below(1'000'000'000));
        }
        const auto seconds = static_cast<std::uint64_t>((now - kStartNs) / kSecondNs) + 1;
        ASSERT_LE(taken, burst + rate * seconds + largest) << rate << ", " << burst;
    }
}

TEST(TokenBucket, NamesNoWaitWithoutAnEnd) {
    TokenBucket bucket(1, 1);
    bucket.charge(~std::uint64_t{0}, kStartNs);
    EXPECT_EQ(bucket.wait_s(kStartNs), 3601u);
}

}  // namespace
}  // namespace sluice::server
