#include "sluice/base/metrics.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Histogram, EveryValueFallsIntoTheBucketWhoseBoundsHoldIt) {
    for (unsigned shift = 0; shift < 64; ++shift) {
        for (std::uint64_t offset = 0; offset < 8; ++offset) {
            const std::uint64_t value = (std::uint64_t{1} << shift) + offset;
            const unsigned bucket = Histogram::bucket_of(value);
            ASSERT_LT(bucket, Histogram::kBucketCount);
            EXPECT_LE(value, Histogram::bucket_upper(bucket)) << value;
            if (bucket > 0) {
                EXPECT_GT(value, Histogram::bucket_upper(bucket - 1)) << value;
            }
        }
    }
}

TEST(HistogramSnapshot, QuantilesAreUpperBoundsOfTheirBucket) {
    Histogram histogram;
    for (std::uint64_t value = 1; value <= 1000; ++value) histogram.record(value);
    HistogramSnapshot snapshot;
    snapshot.add(histogram);
    EXPECT_EQ(snapshot.count(), 1000u);
    EXPECT_GE(snapshot.quantile(0.5), 500u);
    EXPECT_LE(snapshot.quantile(0.5), 640u);
    EXPECT_GE(snapshot.quantile(0.99), 990u);
    EXPECT_EQ(HistogramSnapshot().quantile(0.5), 0u);
}

}  // namespace
}  // namespace sluice
