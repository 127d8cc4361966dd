// Reducers against what their functions mean, computed the long way on points made up with ties,
// equal times and numbers at the ends of their range.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "functions/reduce.h"
#include "sluice/base/random.h"

namespace sluice::query {
namespace {

constexpr int kRounds = 3'000;
constexpr std::int64_t kSecond = 1'000'000'000;

// Small numbers, so that many are equal. Halves add up exactly in any order.
std::vector<Point> any_floats(Random& random, bool distinct_times) {
    std::vector<Point> points;
    std::int64_t time = 0;
    for (std::uint64_t count = 1 + random.below(25); count > 0; --count) {
        time += (distinct_times ? 1 + random.below(3) : random.below(3)) * kSecond;
        points.push_back({time, Value::of_float(static_cast<double>(random.between(-8, 8)) / 2)});
    }
    return points;
}

std::vector<Point> any_integers(Random& random) {
    std::vector<Point> points;
    std::int64_t time = 0;
    for (std::uint64_t count = 1 + random.below(12); count > 0; --count) {
        time += (1 + random.below(3)) * kSecond;
        const bool extreme = random.chance(0.2);
        const auto value = static_cast<std::int64_t>(extreme ? random.next() : random.below(5));
        points.push_back({time, Value::of_integer(value)});
    }
    return points;
}

std::vector<double> sorted_floats(const std::vector<Point>& points) {
    std::vector<double> values = floats(points);
    std::sort(values.begin(), values.end());
    return values;
}

TEST(ReducerModels, MedianSplitsTheValuesInHalf) {
    Random random(1);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_floats(random, false);
        const double median = reduce("median(v)", points).at(0).value.as_float();
        const auto below = std::count_if(points.begin(), points.end(), [&](const Point& point) {
            return point.value.as_float() < median;
        });
        const auto above = std::count_if(points.begin(), points.end(), [&](const Point& point) {
            return point.value.as_float() > median;
        });
        ASSERT_LE(below * 2, static_cast<std::ptrdiff_t>(points.size()));
        ASSERT_LE(above * 2, static_cast<std::ptrdiff_t>(points.size()));
        const std::vector<double> sorted = sorted_floats(points);
        ASSERT_EQ(median, (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2);
    }
}

TEST(ReducerModels, PercentileIsThePointOfItsRank) {
    Random random(2);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_floats(random, false);
        const std::vector<double> sorted = sorted_floats(points);
        const auto percent = random.between(-5, 110);
        const std::vector<Point> found =
            reduce("percentile(v, " + std::to_string(percent) + ")", points);
        // floor(count * percent / 100 + 0.5) in whole numbers.
        const std::int64_t twice = static_cast<std::int64_t>(points.size()) * percent * 2 + 100;
        const std::int64_t rank = (twice >= 0 ? twice / 200 : -1) - 1;
        if (rank < 0 || rank >= static_cast<std::int64_t>(points.size())) {
            ASSERT_TRUE(found.empty()) << percent << " of " << points.size();
            continue;
        }
        ASSERT_EQ(found.size(), 1u);
        ASSERT_EQ(found[0].value.as_float(), sorted[static_cast<std::size_t>(rank)]);
        // It is one of the points, time and all.
        ASSERT_TRUE(std::any_of(points.begin(), points.end(), [&](const Point& point) {
            return point.time == found[0].time && point.value.word() == found[0].value.word();
        }));
    }
}

// Which of several wins that are equally frequent is decided by times that go with the order of
// Go's sort: tests/compat asks InfluxDB for those.
TEST(ReducerModels, ModeIsMostFrequent) {
    Random random(3);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_floats(random, true);
        std::map<double, int> counts;
        for (const Point& point : points) ++counts[point.value.as_float()];
        int most = 0;
        for (const auto& [value, count] : counts) most = std::max(most, count);
        const double mode = reduce("mode(v)", points).at(0).value.as_float();
        ASSERT_EQ(counts.at(mode), most);
        if (most == 1) {
            ASSERT_EQ(mode, counts.begin()->first);  // then it is the smallest
        }
    }
}

TEST(ReducerModels, DistinctHasEachValueAtItsFirstTime) {
    Random random(4);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_floats(random, false);
        std::vector<std::pair<std::int64_t, double>> expected;
        std::set<double> seen;
        for (const Point& point : points) {
            if (seen.insert(point.value.as_float()).second) {
                expected.emplace_back(point.time, point.value.as_float());
            }
        }
        std::sort(expected.begin(), expected.end());
        std::vector<std::pair<std::int64_t, double>> found;
        for (const Point& point : reduce("distinct(v)", points)) {
            found.emplace_back(point.time, point.value.as_float());
        }
        ASSERT_EQ(found, expected);
    }
}

TEST(ReducerModels, TopAndBottomAreTheEndsOfASort) {
    Random random(5);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_floats(random, true);
        const auto count = static_cast<std::size_t>(1 + random.below(30));
        for (const bool top : {true, false}) {
            std::vector<std::pair<double, std::int64_t>> expected;
            for (const Point& point : points) {
                expected.emplace_back((top ? -1 : 1) * point.value.as_float(), point.time);
            }
            std::sort(expected.begin(), expected.end());
            expected.resize(std::min(count, expected.size()));
            std::vector<std::pair<double, std::int64_t>> found;
            const std::string call = (top ? "top(v, " : "bottom(v, ") + std::to_string(count) + ")";
            for (const Point& point : reduce(call, points)) {
                found.emplace_back((top ? -1 : 1) * point.value.as_float(), point.time);
            }
            ASSERT_EQ(found, expected) << call;
        }
    }
}

TEST(ReducerModels, StddevAgreesWithItsDefinition) {
    Random random(6);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_floats(random, false);
        const double found = reduce("stddev(v)", points).at(0).value.as_float();
        if (points.size() == 1) {
            ASSERT_TRUE(std::isnan(found));
            continue;
        }
        double sum = 0;
        for (const Point& point : points) sum += point.value.as_float();
        const double mean = sum / static_cast<double>(points.size());
        double squares = 0;
        for (const Point& point : points) squares += std::pow(point.value.as_float() - mean, 2);
        ASSERT_NEAR(found, std::sqrt(squares / static_cast<double>(points.size() - 1)), 1e-9);
    }
}

TEST(ReducerModels, SpreadIsTheDistanceOfTheEnds) {
    Random random(7);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_floats(random, false);
        const std::vector<double> sorted = sorted_floats(points);
        ASSERT_EQ(reduce("spread(v)", points).at(0).value.as_float(), sorted.back() - sorted[0]);
    }
    std::vector<Point> with_nan = seconds({1, std::nan(""), 3});
    EXPECT_TRUE(std::isnan(reduce("spread(v)", with_nan).at(0).value.as_float()));
}

TEST(ReducerModels, DifferencesAddUpToTheCumulativeSum) {
    Random random(8);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_integers(random);
        const std::vector<Point> sums = reduce("cumulative_sum(v)", points);
        ASSERT_EQ(sums.size(), points.size());
        // What was summed up comes back from the sums, also where they have wrapped around.
        const std::vector<Point> back = reduce("difference(v)", sums);
        ASSERT_EQ(back.size(), points.size() - 1);
        for (std::size_t k = 0; k < back.size(); ++k) {
            ASSERT_EQ(back[k].value.word(), points[k + 1].value.word());
            ASSERT_EQ(back[k].time, points[k + 1].time);
        }
    }
}

TEST(ReducerModels, DerivativeTimesElapsedIsTheDifference) {
    Random random(9);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_floats(random, true);
        const std::vector<Point> slopes = reduce("derivative(v, 1s)", points);
        const std::vector<Point> steps = reduce("elapsed(v, 1s)", points);
        const std::vector<Point> differences = reduce("difference(v)", points);
        ASSERT_EQ(slopes.size(), points.size() - 1);
        ASSERT_EQ(steps.size(), slopes.size());
        ASSERT_EQ(differences.size(), slopes.size());
        for (std::size_t k = 0; k < slopes.size(); ++k) {
            const auto seconds = static_cast<double>(steps[k].value.as_integer());
            ASSERT_EQ(steps[k].value.as_integer() * kSecond, points[k + 1].time - points[k].time);
            ASSERT_NEAR(slopes[k].value.as_float() * seconds, differences[k].value.as_float(),
                        1e-9);
        }
        for (const char* call : {"non_negative_derivative(v, 1s)", "non_negative_difference(v)"}) {
            std::size_t expected = 0;
            for (const Point& point : differences) expected += point.value.as_float() >= 0 ? 1 : 0;
            const std::vector<Point> found = reduce(call, points);
            ASSERT_EQ(found.size(), expected) << call;
            for (const Point& point : found) ASSERT_GE(point.value.as_float(), 0);
        }
    }
}

TEST(ReducerModels, MovingAverageIsTheMeanOfTheLastOnes) {
    Random random(10);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_floats(random, false);
        const auto count = static_cast<std::size_t>(2 + random.below(6));
        const std::vector<Point> found =
            reduce("moving_average(v, " + std::to_string(count) + ")", points);
        ASSERT_EQ(found.size(), points.size() < count ? 0 : points.size() - count + 1);
        for (std::size_t k = 0; k < found.size(); ++k) {
            double sum = 0;
            for (std::size_t j = k; j < k + count; ++j) sum += points[j].value.as_float();
            // Halves are added and taken away without a rest.
            ASSERT_EQ(found[k].value.as_float(), sum / static_cast<double>(count));
            ASSERT_EQ(found[k].time, points[k + count - 1].time);
        }
    }
}

TEST(ReducerModels, IntegralsOfWindowsAddUpToTheWhole) {
    Random random(11);
    for (int i = 0; i < kRounds; ++i) {
        const std::vector<Point> points = any_floats(random, true);
        double expected = 0;
        for (std::size_t k = 1; k < points.size(); ++k) {
            const auto width = static_cast<double>((points[k].time - points[k - 1].time) / kSecond);
            expected += width * (points[k].value.as_float() + points[k - 1].value.as_float()) / 2;
        }
        const std::vector<Point> whole = reduce("integral(v)", points);
        if (!whole.empty()) {
            ASSERT_NEAR(whole[0].value.as_float(), expected, 1e-9);
        }
        TimeFrame frame;
        frame.window.interval_ns = static_cast<std::int64_t>(1 + random.below(5)) * kSecond;
        double sum = 0;
        std::int64_t before = std::numeric_limits<std::int64_t>::min();
        for (const Point& point : reduce("integral(v)", points, frame)) {
            ASSERT_GT(point.time, before);
            ASSERT_EQ(point.time % frame.window.interval_ns, 0);
            before = point.time;
            sum += point.value.as_float();
        }
        // The windows between two far points are skipped, as in InfluxDB, which cuts a line at one
        // border only: then the sum is that of the lines within two windows.
        const std::int64_t widest = [&] {
            std::int64_t widest_ns = 0;
            for (std::size_t k = 1; k < points.size(); ++k) {
                widest_ns = std::max(widest_ns, points[k].time - points[k - 1].time);
            }
            return widest_ns;
        }();
        if (widest <= frame.window.interval_ns) {
            ASSERT_NEAR(sum, expected, 1e-9);
        }
    }
}

TEST(ReducerModels, SampleGivesPointsOfTheSeriesAndEachAsOften) {
    const std::vector<Point> points = seconds({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    ReducerSpec spec;
    spec.function = Function::kSample;
    spec.count = 3;
    std::vector<int> drawn(points.size());
    constexpr int kDraws = 20'000;
    for (int i = 0; i < kDraws; ++i) {
        spec.seed = static_cast<std::uint64_t>(i);
        const auto reducer = make_reducer(spec);
        for (const Point& point : points) reducer->add(point);
        std::vector<Point> out;
        reducer->emit(out);
        ASSERT_EQ(out.size(), 3u);
        for (std::size_t k = 0; k < out.size(); ++k) {
            if (k > 0) {
                ASSERT_GT(out[k].time, out[k - 1].time);
            }
            ++drawn.at(static_cast<std::size_t>(out[k].value.as_float()));
        }
    }
    // 6,000 of each are expected; the standard deviation is 65.
    for (const int count : drawn) EXPECT_NEAR(count, kDraws * 3 / 10, 400);
}

TEST(ReducerModels, NothingGoesInAndNothingComesOut) {
    for (const char* call :
         {"median(v)", "mode(v)", "stddev(v)", "spread(v)", "percentile(v, 50)", "distinct(v)",
          "top(v, 3)", "bottom(v, 3)", "sample(v, 3)", "derivative(v)", "difference(v)",
          "elapsed(v)", "moving_average(v, 2)", "cumulative_sum(v)", "integral(v)",
          "exponential_moving_average(v, 3)", "relative_strength_index(v, 3)",
          "kaufmans_efficiency_ratio(v, 3)", "holt_winters(first(v), 3, 2)"}) {
        EXPECT_TRUE(reduce(call, {}, seconds_frame()).empty()) << call;
    }
}

}  // namespace
}  // namespace sluice::query
