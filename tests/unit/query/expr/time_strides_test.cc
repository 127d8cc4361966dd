#include "query/expr/time_strides.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sluice/base/random.h"

namespace sluice::query {
namespace {

std::vector<TimeStride> strides_of(const std::vector<model::Timestamp>& times) {
    std::vector<TimeStride> strides;
    append_times(times, 0, strides);
    return strides;
}

std::vector<model::Timestamp> times_of(const std::vector<TimeStride>& strides) {
    std::vector<model::Timestamp> times;
    for (const TimeStride& each : strides) {
        for (model::Timestamp time = each.first; time <= each.last;
             time += static_cast<model::Timestamp>(each.step)) {
            times.push_back(time);
        }
    }
    return times;
}

TEST(TimeStrides, AreFewWhereTimesAreRegular) {
    EXPECT_EQ(strides_of({10, 20, 30, 40, 45, 50}).size(), 2u);
    EXPECT_EQ(times_of(strides_of({10, 20, 30, 40, 45, 50})),
              (std::vector<model::Timestamp>{10, 20, 30, 40, 45, 50}));
}

TEST(TimeStrides, GrowOverSeveralAppends) {
    std::vector<TimeStride> strides = strides_of({1, 2, 3});
    append_times(std::vector<model::Timestamp>{4, 6}, 0, strides);
    append_times(std::vector<model::Timestamp>{8}, 0, strides);
    EXPECT_EQ(times_of(strides), (std::vector<model::Timestamp>{1, 2, 3, 4, 6, 8}));
    // Another series does not go on with the last one's.
    const std::size_t from = strides.size();
    append_times(std::vector<model::Timestamp>{10}, from, strides);
    EXPECT_EQ(strides.size(), from + 1);
}

TEST(TimeStrides, MeetAtTheEndsOfTime) {
    const auto all = strides_of({model::kTimestampMin, model::kTimestampMax});
    EXPECT_TRUE(have_common_time(all, strides_of({model::kTimestampMax})));
    EXPECT_TRUE(have_common_time(strides_of({model::kTimestampMin, 5}), all));
    EXPECT_FALSE(have_common_time(all, strides_of({-1, 0, 1})));
}

// Mixed steps, gaps and single times, against sets.
TEST(TimeStrides, MeetWhereTheirTimesDo) {
    Random random(11);
    const auto draw = [&random] {
        std::set<model::Timestamp> times;
        const std::uint64_t stretches = 1 + random.below(4);
        for (std::uint64_t i = 0; i < stretches; ++i) {
            auto time = static_cast<model::Timestamp>(random.below(400)) - 200;
            const auto step = static_cast<model::Timestamp>(1 + random.below(24));
            for (std::uint64_t k = random.below(12) + 1; k > 0; --k, time += step) {
                times.insert(time);
            }
        }
        return std::vector<model::Timestamp>(times.begin(), times.end());
    };
    int met = 0;
    for (int round = 0; round < 20'000; ++round) {
        const auto a = draw();
        const auto b = draw();
        ASSERT_EQ(times_of(strides_of(a)), a);
        std::vector<model::Timestamp> common;
        std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
        ASSERT_EQ(have_common_time(strides_of(a), strides_of(b)), !common.empty()) << round;
        met += common.empty() ? 0 : 1;
    }
    EXPECT_GT(met, 2'000);
    EXPECT_LT(met, 18'000);
}

}  // namespace
}  // namespace sluice::query
