#include <gtest/gtest.h>

#include "functions/reduce.h"
#include "query/functions/reducer.h"

namespace sluice::query {
namespace {

struct Case {
    std::string call;
    std::vector<double> expected;
};

// Expected values come from query/internal/gota of InfluxDB 1.8.10.
TEST(Indicators, FollowTheOriginalToTheLastDigit) {
    const std::vector<double> values = {20, 21, 22.5, 23, 22, 21, 20.5, 24, 25, 23, 22, 26};
    const Case cases[] = {
        {"exponential_moving_average(v, 3)",
         {21.583333333333336, 22.291666666666668, 22.145833333333336, 21.572916666666668,
          21.036458333333336, 22.518229166666668, 23.759114583333336, 23.379557291666668,
          22.689778645833336, 24.344889322916668}},
        {"exponential_moving_average(v, 3, 0, 'simple')",
         {20, 20.5, 21.166666666666668, 22.083333333333336, 22.041666666666668, 21.520833333333336,
          21.010416666666668, 22.505208333333336, 23.752604166666668, 23.376302083333336,
          22.688151041666668, 24.344075520833336}},
        {"double_exponential_moving_average(v, 3)",
         {22.15277777777778, 22.930555555555557, 22.392361111111114, 21.40972222222222,
          20.686631944444446, 23.08420138888889, 24.66254340277778, 23.641493055555557,
          22.475857204861114, 25.06548394097222}},
        {"double_exponential_moving_average(v, 3, -1, 'simple')",
         {22.319444444444446, 21.399305555555557, 20.694444444444443, 23.094618055555557,
          24.671006944444443, 23.647352430555557, 22.479600694444443, 25.067762586805557}},
        {"triple_exponential_moving_average(v, 3, 0)",
         {20, 20.962962962962955, 22.363425925925917, 23.070601851851844, 22.266203703703702,
          21.1417824074074, 20.45934606481482, 23.428457754629623, 25.003399884259245,
          23.491174768518512, 22.162769458912035, 25.37619809751157}},
        {"triple_exponential_moving_average(v, 3, -1, 'simple')",
         {20.629629629629616, 23.51490162037036, 25.045645254629612, 23.510995370370363,
          22.171621817129612, 25.379891854745363}},
        {"triple_exponential_derivative(v, 3)",
         {2.415107026784713, 1.7617770968977542, 0.4865853002849585, -0.5664945557666057,
          1.030813417726617, 2.588855637260634, 1.8492439483418721, 0.4367526976956082,
          1.7973639164805544}},
        {"triple_exponential_derivative(v, 3, -1, 'simple')",
         {0.7838062543582103, 2.500449062955301, 1.8277228429657733, 0.4380527448011984,
          1.8052939953894898}},
        {"relative_strength_index(v, 3)",
         {100, 85.07462686567165, 69.51219512195122, 61.1260053619303, 82.85038438793613,
          86.16412213740458, 54.54545454545455, 42.77340280656049, 75.06385613663923}},
        {"relative_strength_index(v, 3, -1, 'simple')",
         {100, 92, 82.14285714285714, 76.03305785123968, 86.5429234338747, 88.671875,
          60.13245033112583, 48.43958388903709, 76.2033731380032}},
        {"chande_momentum_oscillator(v, 3)",
         {100, 100, 33.33333333333333, -60, -100, 40, 80, 38.46153846153847, -50,
          14.285714285714285}},
        {"chande_momentum_oscillator(v, 3, 0, 'exponential')",
         {100, 100, 100, 100, 70.1492537313433, 39.02439024390244, 22.25201072386059,
          65.70076877587226, 72.32824427480917, 9.090909090909099, -14.45319438687902,
          50.127712273278455}},
        {"chande_momentum_oscillator(v, 3, 5, 'simple')",
         {64.28571428571428, 52.066115702479344, 73.08584686774942, 77.34375, 20.264900662251666,
          -3.120832221925833, 52.4067462760064}},
        {"kaufmans_efficiency_ratio(v, 3)",
         {1, 0.3333333333333333, 0.6, 1, 0.4, 0.8, 0.38461538461538464, 0.5, 0.14285714285714285}},
        {"kaufmans_adaptive_moving_average(v, 3)",
         {22.72222222222222, 22.671414949847907, 22.36836880951336, 21.537982671951866,
          21.767577387654317, 22.732049475794422, 22.755544076178694, 22.654560268563642,
          22.730373216576307}},
    };
    for (const Case& test : cases) {
        EXPECT_EQ(floats(reduce(test.call, seconds(values))), test.expected) << test.call;
    }
}

// Expected values come from query/functions.go and query/neldermead of InfluxDB 1.8.10.
TEST(HoltWinters, ForecastsToTheLastDigit) {
    const std::vector<double> values = {60, 59, 65.5, 61, 71, 67, 70.25, 72, 79, 75, 82, 81.5};
    const std::vector<Point> points = seconds(values);
    const std::vector<Point> plain =
        reduce("holt_winters(first(v), 5, 0)", points, seconds_frame());
    EXPECT_EQ(floats(plain),
              (std::vector<double>{84.85018340060972, 87.37483415436051, 89.97292351350745,
                                   92.64664768488979, 95.39823861814753}));
    EXPECT_EQ(plain[0].time, 13'000'000'000);
    EXPECT_EQ(plain[4].time, 17'000'000'000);
    EXPECT_EQ(floats(reduce("holt_winters(first(v), 5, 4)", points, seconds_frame())),
              (std::vector<double>{87.94031748032052, 84.83703377957737, 93.33151027518679,
                                   93.55902468949192, 101.54087652635631}));
}

TEST(HoltWinters, FitsAroundAMissingPoint) {
    std::vector<Point> points = seconds({60, 59, 65.5, 61, 71, 67, 70.25, 72, 79, 75, 82, 81.5});
    points.erase(points.begin() + 5);
    EXPECT_EQ(floats(reduce("holt_winters_with_fit(first(v), 2, 3)", points, seconds_frame())),
              (std::vector<double>{60, 62.65757284210233, 62.62195455170659, 62.74747726456082,
                                   69.536558788458, 69.86943961698667, 70.17321368896644,
                                   76.06935262187777, 76.38432354257729, 76.68939773545135,
                                   81.60721237716572, 81.82197784137433, 82.08201033557935,
                                   86.09031653387353}));
}

TEST(HoltWinters, NeedsTwoPointsAndAWholeSeason) {
    EXPECT_TRUE(reduce("holt_winters(first(v), 5, 0)", seconds({1}), seconds_frame()).empty());
    EXPECT_TRUE(
        reduce("holt_winters(first(v), 5, 4)", seconds({1, 2, 3}), seconds_frame()).empty());
}

}  // namespace
}  // namespace sluice::query
