#include "query/functions/exponential_average.h"

#include "query/functions/indicator.h"

namespace sluice::query {
namespace {

using Warmup = ReducerSpec::Warmup;

// Returns how many points warm a chain of averages up. With exponential warming they all warm up at
// once.
std::int64_t chain_warm_count(const ReducerSpec& spec, std::int64_t length) {
    const std::int64_t one = spec.count - 1;
    return spec.warmup == Warmup::kExponential ? one : one * length;
}

struct Single {
    explicit Single(const ReducerSpec& spec) : average(spec.count, spec.warmup) {}
    double add(double value) { return average.add(value); }
    static std::int64_t warm_count(const ReducerSpec& spec) { return chain_warm_count(spec, 1); }

    ExponentialAverage average;
};

struct Double {
    explicit Double(const ReducerSpec& spec)
        : first(spec.count, spec.warmup), second(spec.count, spec.warmup) {}
    double add(double value) {
        const double once = first.add(value);
        const double twice = first.can_be_averaged() ? second.add(once) : once;
        return 2 * once - twice;
    }
    static std::int64_t warm_count(const ReducerSpec& spec) { return chain_warm_count(spec, 2); }

    ExponentialAverage first;
    ExponentialAverage second;
};

struct Triple {
    explicit Triple(const ReducerSpec& spec)
        : first(spec.count, spec.warmup),
          second(spec.count, spec.warmup),
          third(spec.count, spec.warmup) {}
    double add(double value) {
        const double once = first.add(value);
        const double twice = first.can_be_averaged() ? second.add(once) : once;
        const double thrice = second.can_be_averaged() ? third.add(twice) : twice;
        return 3 * once - 3 * twice + thrice;
    }
    static std::int64_t warm_count(const ReducerSpec& spec) { return chain_warm_count(spec, 3); }

    ExponentialAverage first;
    ExponentialAverage second;
    ExponentialAverage third;
};

// The change of a triple average in percent (TRIX). From nothing it is infinite, which is not
// shown.
struct TripleDerivative {
    explicit TripleDerivative(const ReducerSpec& spec)
        : first(spec.count, spec.warmup),
          second(spec.count, spec.warmup),
          third(spec.count, spec.warmup) {}
    double add(double value) {
        double average = first.add(value);
        if (first.can_be_averaged()) {
            average = second.add(average);
            if (second.can_be_averaged()) average = third.add(average);
        }
        const double rate = (average / last - 1) * 100;
        last = average;
        return rate;
    }
    static std::int64_t warm_count(const ReducerSpec& spec) {
        return chain_warm_count(spec, 3) + 1;
    }
    static constexpr bool kHidesInfinity = true;

    ExponentialAverage first;
    ExponentialAverage second;
    ExponentialAverage third;
    double last = 0;
};

// Averages of the steps up and of the steps down, smoothed as Wilder does: alpha is 1 / period.
struct UpAndDown {
    explicit UpAndDown(const ReducerSpec& spec)
        : up(spec.count + 1, spec.warmup, 1 / static_cast<double>(spec.count)), down(up) {}
    void add(double value) {
        up.add(value > last ? value - last : 0);
        down.add(value < last ? last - value : 0);
        last = value;
    }

    ExponentialAverage up;
    ExponentialAverage down;
    double last = 0;
};

struct RelativeStrength {
    explicit RelativeStrength(const ReducerSpec& spec) : steps(spec) {}
    double add(double value) {
        steps.add(value);
        return 100 - 100 / (1 + steps.up.last() / steps.down.last());
    }
    static std::int64_t warm_count(const ReducerSpec& spec) { return spec.count; }

    UpAndDown steps;
};

struct SmoothedMomentum {
    explicit SmoothedMomentum(const ReducerSpec& spec) : steps(spec) {}
    double add(double value) {
        steps.add(value);
        const double up = steps.up.last();
        const double down = steps.down.last();
        return 100.0 * ((up - down) / (up + down));
    }
    static std::int64_t warm_count(const ReducerSpec& spec) { return spec.count; }

    UpAndDown steps;
};

}  // namespace

std::unique_ptr<Reducer> make_exponential_indicator(const ReducerSpec& spec) {
    switch (spec.function) {
        case Function::kExponentialMovingAverage:
            return std::make_unique<Indicator<Single>>(spec);
        case Function::kDoubleExponentialMovingAverage:
            return std::make_unique<Indicator<Double>>(spec);
        case Function::kTripleExponentialMovingAverage:
            return std::make_unique<Indicator<Triple>>(spec);
        case Function::kTripleExponentialDerivative:
            return std::make_unique<Indicator<TripleDerivative>>(spec);
        case Function::kRelativeStrengthIndex:
            return std::make_unique<Indicator<RelativeStrength>>(spec);
        default:
            return std::make_unique<Indicator<SmoothedMomentum>>(spec);
    }
}

}  // namespace sluice::query
