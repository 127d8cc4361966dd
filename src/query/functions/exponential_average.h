// Exponential moving averages, of which several indicators are made. Warming up, formulas and the
// order of operations are those of query/internal/gota, which follows TA-Lib.
#pragma once

#include <cstdint>

#include "query/functions/reducer.h"

namespace sluice::query {

class ExponentialAverage {
public:
    using Warmup = ReducerSpec::Warmup;

    ExponentialAverage(std::int64_t period, Warmup warmup)
        : ExponentialAverage(period, warmup, 2 / static_cast<double>(period + 1)) {}
    ExponentialAverage(std::int64_t period, Warmup warmup, double alpha)
        : period_(period), warmup_(warmup), alpha_(alpha) {}

    double add(double value) {
        last_ = next(value);
        if (count_ < period_) ++count_;
        return last_;
    }

    double last() const { return last_; }
    bool is_warm() const { return count_ == period_; }
    // Returns whether another average may be made of this one.
    bool can_be_averaged() const { return is_warm() || warmup_ == Warmup::kExponential; }
    std::int64_t warm_count() const { return period_ - 1; }

private:
    double next(double value) const {
        if (count_ == 0) return value;
        if (is_warm()) return (value - last_) * alpha_ + last_;
        const auto count = static_cast<double>(count_);
        if (warmup_ == Warmup::kSimple) return (last_ * count + value) / (count + 1);
        // A larger alpha at first, so that the first value does not weigh too much.
        return (value - last_) * (2 / (count + 2)) + last_;
    }

    std::int64_t period_;
    Warmup warmup_;
    double alpha_;
    double last_ = 0;
    std::int64_t count_ = 0;
};

}  // namespace sluice::query
