#include "query/scan/time_slices.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sluice/base/units.h"

namespace sluice::query {
namespace {

constexpr std::uint64_t kBytesMax = 1000;

struct Walk {
    std::vector<model::TimeRange> taken;
    int rounds = 0;
    bool fits = true;  // no single nanosecond has more than kBytesMax
};

// Reads rows of 8 bytes at `times`, ascending ones, slice by slice.
Walk walk(const std::vector<model::Timestamp>& times, model::TimeRange all, bool ascending) {
    Walk walk;
    TimeSlices slices(all, ascending);
    while (!slices.at_end()) {
        ++walk.rounds;
        const model::TimeRange slice = slices.slice();
        const auto first = std::lower_bound(times.begin(), times.end(), slice.begin);
        const auto last = std::lower_bound(times.begin(), times.end(), slice.end);
        const auto bytes = static_cast<std::uint64_t>(last - first) * 8;
        if (bytes > kBytesMax) {
            if (!slices.narrow()) {
                walk.fits = false;
                break;
            }
            continue;
        }
        slices.advance(slice, bytes, kBytesMax);
        walk.taken.push_back(slice);
    }
    return walk;
}

void expect_whole(const Walk& walk, model::TimeRange all, bool ascending) {
    model::Timestamp at = ascending ? all.begin : all.end;
    for (const model::TimeRange& each : walk.taken) {
        EXPECT_EQ(ascending ? each.begin : each.end, at);
        EXPECT_LT(each.begin, each.end);
        at = ascending ? each.end : each.begin;
    }
    EXPECT_EQ(at, ascending ? all.end : all.begin);
}

TEST(TimeSlices, OfNothingAreNone) {
    EXPECT_TRUE(TimeSlices({5, 5}, true).at_end());
    EXPECT_TRUE(TimeSlices({7, 5}, false).at_end());
    EXPECT_TRUE(TimeSlices().at_end());
}

TEST(TimeSlices, AreOneWhereAllFits) {
    const model::TimeRange all;
    const Walk whole = walk({0, 1, 2}, all, true);
    EXPECT_EQ(whole.rounds, 1);
    expect_whole(whole, all, true);
}

// A week, and 100,000 rows a nanosecond apart somewhere in it: a width that only shrinks would walk
// the rest of the week in steps as short as the rows are dense.
TEST(TimeSlices, CrossTheGapsAroundABurstInFewSteps) {
    const model::TimeRange week{0, 7 * kDayNs};
    for (const model::Timestamp begin : {std::int64_t{0}, 3 * kDayNs, 7 * kDayNs - 100'000}) {
        std::vector<model::Timestamp> times;
        for (int i = 0; i < 100'000; ++i) times.push_back(begin + i);
        for (const bool ascending : {true, false}) {
            const Walk walked = walk(times, week, ascending);
            EXPECT_TRUE(walked.fits);
            expect_whole(walked, week, ascending);
            // 800 times what fits; a slice is at least a quarter full but for the way in and out.
            EXPECT_LT(walked.rounds, 2 * 4 * 800 + 100) << begin << ' ' << ascending;
        }
    }
}

TEST(TimeSlices, CrossManyBurstsInStepsPerBurst) {
    std::vector<model::Timestamp> times;
    for (int burst = 0; burst < 20; ++burst) {
        for (int i = 0; i < 1000; ++i) times.push_back(burst * 8 * kHourNs + i);
    }
    const model::TimeRange week{0, 7 * kDayNs};
    const Walk walked = walk(times, week, true);
    expect_whole(walked, week, true);
    EXPECT_LT(walked.rounds, 20 * 100);
}

TEST(TimeSlices, EndWhereOneNanosecondDoesNotFit) {
    const std::vector<model::Timestamp> times(200, 12345);
    const Walk walked = walk(times, {0, 7 * kDayNs}, true);
    EXPECT_FALSE(walked.fits);
    EXPECT_LT(walked.rounds, 200);
}

TEST(TimeSlices, CoverAllOfTime) {
    const model::TimeRange all;
    std::vector<model::Timestamp> times;
    for (int i = 0; i < 1000; ++i) times.push_back(model::kTimestampMin + i);
    for (int i = 0; i < 1000; ++i) times.push_back(model::kTimestampMax - 1000 + i);
    for (const bool ascending : {true, false}) {
        const Walk walked = walk(times, all, ascending);
        EXPECT_TRUE(walked.fits);
        expect_whole(walked, all, ascending);
        EXPECT_LT(walked.rounds, 300);
    }
}

TEST(TimeSlices, MayEndEarlierThanTheyCould) {
    TimeSlices slices({0, 100}, true);
    slices.advance({0, 40}, 0, kBytesMax);
    EXPECT_EQ(slices.slice(), (model::TimeRange{40, 100}));
}

}  // namespace
}  // namespace sluice::query
