// An Indicator is the frame of the technical indicators: a formula takes every value and gives one
// for each, and the first ones are held back until it is warm.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "query/functions/reducer.h"

namespace sluice::query {

// Formula(spec); double add(double); static warm_count(spec).
template <typename Formula>
class Indicator : public Reducer {
public:
    explicit Indicator(const ReducerSpec& spec)
        : formula_(spec),
          // The original counts in 32 bits, so a hold period beyond them is a short one.
          hold_(static_cast<std::uint32_t>(spec.hold_period == -1 ? Formula::warm_count(spec)
                                                                  : spec.hold_period)) {}

    void add(const Point& point) override {
        value_ = formula_.add(point.value.to_float());
        time_ = point.time;
        ++count_;
    }

    void emit(std::vector<Point>& out) override {
        if (count_ <= hold_) return;
        if constexpr (requires { Formula::kHidesInfinity; }) {
            if (std::isinf(value_)) return;
        }
        out.push_back({time_, Value::of_float(value_)});
    }

    std::size_t memory_bytes() const override {
        if constexpr (requires { formula_.memory_bytes(); }) return formula_.memory_bytes();
        return 0;
    }

private:
    Formula formula_;
    const std::uint32_t hold_;
    std::uint32_t count_ = 0;
    double value_ = 0;
    model::Timestamp time_ = 0;
};

std::unique_ptr<Reducer> make_exponential_indicator(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_momentum_oscillator(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_kaufmans_indicator(const ReducerSpec& spec);

}  // namespace sluice::query
