// kaufmans_efficiency_ratio() gives how far a value came over a period as a share of the way it
// went; kaufmans_adaptive_moving_average() is an average that follows the faster, the straighter
// that way is.
#include <cmath>
#include <vector>

#include "query/functions/indicator.h"

namespace sluice::query {
namespace {

class EfficiencyRatio {
public:
    explicit EfficiencyRatio(const ReducerSpec& spec)
        : size_(static_cast<std::size_t>(spec.count)) {}

    // Before it is warm, the values before the first are 0.
    double add(double value) {
        const std::size_t oldest = newest_ + 1 >= size_ ? 0 : newest_ + 1;
        const double signal = std::fabs(value - at(oldest).value);
        const double step = std::fabs(value - at(newest_).value);
        noise_ -= at(oldest).step;
        noise_ += step;
        at(oldest) = {value, step};
        newest_ = oldest;
        if (!is_warm()) ++count_;
        return signal == 0 || noise_ == 0 ? 0 : signal / noise_;
    }

    double newest() { return at(newest_).value; }
    bool is_warm() const { return count_ == size_ + 1; }
    static std::int64_t warm_count(const ReducerSpec& spec) { return spec.count; }
    static constexpr bool kHidesInfinity = true;
    std::size_t memory_bytes() const { return ring_.capacity() * sizeof(Step); }

private:
    struct Step {
        double value = 0;
        double step = 0;
    };

    Step& at(std::size_t index) {
        if (index >= ring_.size()) ring_.resize(index + 1);
        return ring_[index];
    }

    const std::size_t size_;
    std::vector<Step> ring_;  // grows as far as it is used
    std::size_t newest_ = 0;
    std::size_t count_ = 0;
    double noise_ = 0;
};

class AdaptiveAverage {
public:
    explicit AdaptiveAverage(const ReducerSpec& spec) : efficiency_(spec) {}

    double add(double value) {
        // Begins with the value before; the smoothing lies between those of 2 and of 30 periods.
        if (!efficiency_.is_warm()) last_ = efficiency_.newest();
        constexpr double kSlow = 2.0 / (30.0 + 1.0);
        constexpr double kRange = 56.0 / 93.0;  // 2/3 - 2/31
        const double smoothing = efficiency_.add(value) * kRange + kSlow;
        last_ = last_ + smoothing * smoothing * (value - last_);
        return last_;
    }

    static std::int64_t warm_count(const ReducerSpec& spec) { return spec.count; }
    static constexpr bool kHidesInfinity = true;
    std::size_t memory_bytes() const { return efficiency_.memory_bytes(); }

private:
    EfficiencyRatio efficiency_;
    double last_ = 0;
};

}  // namespace

std::unique_ptr<Reducer> make_kaufmans_indicator(const ReducerSpec& spec) {
    if (spec.function == Function::kKaufmansEfficiencyRatio) {
        return std::make_unique<Indicator<EfficiencyRatio>>(spec);
    }
    return std::make_unique<Indicator<AdaptiveAverage>>(spec);
}

}  // namespace sluice::query
