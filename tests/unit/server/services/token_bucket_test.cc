#include "server/services/token_bucket.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sluice::server
