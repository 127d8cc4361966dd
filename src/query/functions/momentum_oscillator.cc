// chande_momentum_oscillator() gives rises less falls over the steps of a period, as a share of
// both.
#include <vector>

#include "query/functions/indicator.h"

namespace sluice::query {
namespace {

// The plain form, without warming up. Sums are carried along, like the original's.
class Momentum {
public:
    // A period of one looks back on no step; the original stops with an error of its own
    // (compile.cc refuses it).
    explicit Momentum(const ReducerSpec& spec) : size_(static_cast<std::size_t>(spec.count - 1)) {}

    double add(double value) {
        const std::size_t oldest = newest_ + 1 >= size_ ? 0 : newest_ + 1;
        double step = 0;
        if (started_) {
            step = value - at(newest_).value;
            if (step > 0) up_ += step;
            if (step < 0) down_ -= step;
        }
        const double result =
            up_ != 0 || down_ != 0 ? 100.0 * ((up_ - down_) / (up_ + down_)) : 0.0;
        const double leaving = at(oldest).step;
        if (leaving > 0) up_ -= leaving;
        if (leaving < 0) down_ += leaving;
        at(oldest) = {value, step};
        newest_ = oldest;
        started_ = true;
        return result;
    }

    static std::int64_t warm_count(const ReducerSpec& spec) { return spec.count - 1; }
    std::size_t memory_bytes() const { return ring_.capacity() * sizeof(Step); }

private:
    struct Step {
        double value = 0;
        double step = 0;
    };

    // The ring grows as far as it is used, whatever period was asked for.
    Step& at(std::size_t index) {
        if (index >= ring_.size()) ring_.resize(index + 1);
        return ring_[index];
    }

    const std::size_t size_;
    std::vector<Step> ring_;
    std::size_t newest_ = 0;
    bool started_ = false;
    // The sums of the steps that are in the ring, apart by their signs.
    double up_ = 0;
    double down_ = 0;
};

}  // namespace

std::unique_ptr<Reducer> make_momentum_oscillator(const ReducerSpec& spec) {
    if (spec.warmup != ReducerSpec::Warmup::kNone) return make_exponential_indicator(spec);
    return std::make_unique<Indicator<Momentum>>(spec);
}

}  // namespace sluice::query
