#include "sluice/model/distinct_sample.h"

#include <gtest/gtest.h>

#include <string>

#include "sluice/base/hash.h"

namespace sluice::model {
namespace {

DistinctSample sample_of(std::uint64_t begin, std::uint64_t end) {
    DistinctSample sample;
    for (std::uint64_t i = begin; i < end; ++i) sample.add(hash_bytes(std::to_string(i)));
    return sample;
}

TEST(DistinctSample, CountsFewExactly) {
    DistinctSample sample = sample_of(0, 25'000);
    sample.merge(sample_of(10'000, 32'768));
    EXPECT_EQ(sample.estimate(), 32'768u);
    EXPECT_EQ(DistinctSample().estimate(), 0u);
}

TEST(DistinctSample, EstimatesManyWithinTwoPercent) {
    const DistinctSample all = sample_of(0, 2'000'000);
    EXPECT_NEAR(static_cast<double>(all.estimate()), 2e6, 4e4);
    // Which core saw what makes no difference.
    DistinctSample few = sample_of(0, 1000);
    few.merge(sample_of(500, 2'000'000));
    EXPECT_EQ(few.estimate(), all.estimate());
    DistinctSample many = sample_of(500, 2'000'000);
    many.merge(sample_of(0, 1000));
    EXPECT_EQ(many.estimate(), all.estimate());
}

}  // namespace
}  // namespace sluice::model
