#include "query/functions/nelder_mead.h"

#include <cmath>

namespace sluice::query {
namespace {

constexpr int kMovesMax = 1000;
constexpr double kReflection = 1.0;
constexpr double kExpansion = 2.0;
constexpr double kContraction = 0.5;

}  // namespace

NelderMead::NelderMead(ObjectiveFunction objective, const std::vector<double>& start,
                       double epsilon)
    : objective_(std::move(objective)),
      dimensions_(start.size()),
      epsilon_(epsilon),
      center_(start.size()) {
    const auto n = static_cast<double>(dimensions_);
    const double far = (std::sqrt(n + 1) - 1 + n) / (n * std::sqrt(2.0));
    const double near = (std::sqrt(n + 1) - 1) / (n * std::sqrt(2.0));
    corners_.push_back(start);
    for (std::size_t i = 0; i < dimensions_; ++i) {
        Corner corner(dimensions_);
        for (std::size_t k = 0; k < dimensions_; ++k) {
            corner[k] = (k == i ? far : near) + start[k];
        }
        corners_.push_back(std::move(corner));
    }
}

bool NelderMead::step() {
    if (values_.size() < corners_.size()) {
        values_.push_back(objective_(corners_[values_.size()]));
        return true;
    }
    move();
    return ++moves_ < kMovesMax && !is_flat();
}

Minimum NelderMead::minimum() {
    std::size_t best = 0;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        if (values_[i] < values_[best]) best = i;
    }
    Minimum found;
    found.parameters = corners_[best];
    found.value = objective_(corners_[best]);
    return found;
}

// The three cases are asked one after the other and not as alternatives: replacing the worst corner
// changes what the later questions look at, and the original does it this way.
void NelderMead::move() {
    rank_corners();
    find_center();
    Corner reflected = from_center(kReflection, center_, corners_[worst_]);
    const double value = objective_(reflected);
    if (value < values_[second_worst_] && value >= values_[best_]) {
        replace_worst(reflected, value);
    }
    if (value < values_[best_]) expand(reflected, value);
    if (value >= values_[second_worst_]) contract(reflected, value);
}

// The deviation is divided by the number of dimensions and not of corners, as in the original: when
// the search ends decides the digits of its result.
bool NelderMead::is_flat() const {
    double sum = 0;
    for (const double value : values_) sum += value;
    const double mean = sum / static_cast<double>(values_.size());
    double spread = 0;
    for (const double value : values_) {
        spread += (value - mean) * (value - mean) / static_cast<double>(dimensions_);
    }
    return std::sqrt(spread) < epsilon_;
}

// center + factor (a - b), coordinate by coordinate.
NelderMead::Corner NelderMead::from_center(double factor, const Corner& a, const Corner& b) const {
    Corner corner(dimensions_);
    for (std::size_t k = 0; k < dimensions_; ++k) {
        corner[k] = center_[k] + factor * (a[k] - b[k]);
    }
    return corner;
}

void NelderMead::rank_corners() {
    worst_ = 0;
    best_ = 0;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        if (values_[i] > values_[worst_]) worst_ = i;
        if (values_[i] < values_[best_]) best_ = i;
    }
    second_worst_ = best_;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        if (values_[i] > values_[second_worst_] && values_[i] < values_[worst_]) {
            second_worst_ = i;
        }
    }
}

void NelderMead::find_center() {
    for (std::size_t k = 0; k < dimensions_; ++k) {
        double sum = 0;
        for (std::size_t i = 0; i < corners_.size(); ++i) {
            if (i != worst_) sum += corners_[i][k];
        }
        center_[k] = sum / static_cast<double>(dimensions_);
    }
}

void NelderMead::replace_worst(const Corner& corner, double value) {
    corners_[worst_] = corner;
    values_[worst_] = value;
}

void NelderMead::expand(const Corner& reflected, double reflected_value) {
    Corner expanded = from_center(kExpansion, reflected, center_);
    const double value = objective_(expanded);
    if (value < reflected_value) {
        replace_worst(expanded, value);
    } else {
        replace_worst(reflected, reflected_value);
    }
}

void NelderMead::contract(const Corner& reflected, double reflected_value) {
    const bool outside =
        reflected_value < values_[worst_] && reflected_value >= values_[second_worst_];
    Corner contracted = outside ? from_center(kContraction, reflected, center_)
                                : from_center(-kContraction, center_, corners_[worst_]);
    const double value = objective_(contracted);
    if (value < values_[worst_]) {
        replace_worst(contracted, value);
    } else {
        shrink();
    }
}

// Every corner half way to the best one. Only two of the values are computed anew.
void NelderMead::shrink() {
    for (std::size_t i = 0; i < corners_.size(); ++i) {
        if (i == best_) continue;
        for (std::size_t k = 0; k < dimensions_; ++k) {
            const double best = corners_[best_][k];
            corners_[i][k] = best + (corners_[i][k] - best) / 2.0;
        }
    }
    values_[worst_] = objective_(corners_[worst_]);
    values_[second_worst_] = objective_(corners_[second_worst_]);
}

}  // namespace sluice::query
