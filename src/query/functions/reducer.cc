#include "query/functions/reducer.h"

#include "query/functions/indicator.h"
#include "query/functions/makers.h"
#include "sluice/base/check.h"

namespace sluice::query {
namespace {

using namespace influxql;
using enum Function;

std::int64_t integer_argument(const Call& call, std::size_t index, std::int64_t absent = 0) {
    if (index >= call.arguments.size()) return absent;
    const auto* literal = call.arguments[index].as<IntegerLiteral>();
    return literal == nullptr ? absent : literal->value;
}

double number_argument(const Call& call, std::size_t index) {
    if (const auto* number = call.arguments[index].as<NumberLiteral>()) return number->value;
    return static_cast<double>(integer_argument(call, index));
}

// A derivative is per second, and per window where there are windows.
std::int64_t unit_of(const Call& call, Function function, const Window& window) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    if (call.arguments.size() == 2) {
        if (const auto* unit = call.arguments[1].as<DurationLiteral>()) return unit->nanoseconds;
    }
    if (function == kElapsed) return 1;
    if (function == kIntegral || window.is_whole()) return kSecond;
    return window.interval_ns;
}

ReducerSpec::Warmup warmup_of(const Call& call, Function function) {
    using enum ReducerSpec::Warmup;
    const auto* text = call.arguments.size() > 3 ? call.arguments[3].as<StringLiteral>() : nullptr;
    if (text == nullptr) return function == kChandeMomentumOscillator ? kNone : kExponential;
    if (text->value == "simple") return kSimple;
    return text->value == "none" ? kNone : kExponential;
}

}  // namespace

ReducerSpec reducer_spec(const Call& call, DataType argument, const TimeFrame& frame) {
    ReducerSpec spec;
    spec.function = function_of(call);
    spec.argument = argument;
    spec.frame = frame;
    switch (spec.function) {
        case kPercentile:
            spec.percentile = number_argument(call, 1);
            break;
        case kTop:
        case kBottom:
            spec.count = integer_argument(call, call.arguments.size() - 1);
            break;
        case kHoltWinters:
        case kHoltWintersWithFit:
            spec.count = integer_argument(call, 1);
            spec.season = integer_argument(call, 2);
            break;
        case kDerivative:
        case kNonNegativeDerivative:
        case kElapsed:
        case kIntegral:
            spec.unit_ns = unit_of(call, spec.function, frame.window);
            break;
        default:
            // Averages, indicators and sample(); functions of one argument find nothing here.
            spec.count = integer_argument(call, 1);
            spec.hold_period = integer_argument(call, 2, -1);
            spec.warmup = warmup_of(call, spec.function);
    }
    return spec;
}

// The mergeable functions are not here: over stored rows they are states (aggregate.h), and over
// points a reducer of their own (make_mergeable_reducer).
std::unique_ptr<Reducer> make_reducer(const ReducerSpec& spec) {
    switch (spec.function) {
        case kMedian:
            return make_median(spec);
        case kMode:
            return make_mode(spec);
        case kStddev:
            return make_stddev(spec);
        case kSpread:
            return make_spread(spec);
        case kPercentile:
            return make_percentile(spec);
        case kDistinct:
            return make_distinct(spec);
        case kTop:
        case kBottom:
            return make_top_or_bottom(spec);
        case kSample:
            return make_sample(spec);
        case kDerivative:
        case kNonNegativeDerivative:
            return make_derivative(spec);
        case kDifference:
        case kNonNegativeDifference:
            return make_difference(spec);
        case kElapsed:
            return make_elapsed(spec);
        case kMovingAverage:
            return make_moving_average(spec);
        case kCumulativeSum:
            return make_cumulative_sum(spec);
        case kIntegral:
            return make_integral(spec);
        case kExponentialMovingAverage:
        case kDoubleExponentialMovingAverage:
        case kTripleExponentialMovingAverage:
        case kTripleExponentialDerivative:
        case kRelativeStrengthIndex:
            return make_exponential_indicator(spec);
        case kKaufmansEfficiencyRatio:
        case kKaufmansAdaptiveMovingAverage:
            return make_kaufmans_indicator(spec);
        case kChandeMomentumOscillator:
            return make_momentum_oscillator(spec);
        case kHoltWinters:
        case kHoltWintersWithFit:
            return make_holt_winters(spec);
        default:
            SLUICE_CHECK(false);  // mergeable and math functions are no reducers
            return nullptr;
    }
}

}  // namespace sluice::query
