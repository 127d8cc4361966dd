// holt_winters() and holt_winters_with_fit(): a forecast by damped exponential smoothing with
// level, trend and, if asked for, a season. The smoothing parameters and the starting values are
// those with the smallest squared error.
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "query/functions/makers.h"
#include "query/functions/nelder_mead.h"
#include "query/go_math.h"

namespace sluice::query {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A forecast is made in one go, on one core, while other work waits. These take seconds.
constexpr std::size_t kValuesMax = 10'000;
constexpr std::size_t kSeasonMax = 500;
constexpr std::size_t kHorizonMax = 1'000'000;

// How parameters lie in a vector; behind them the factors of the season.
enum Parameter : std::size_t { kAlpha, kBeta, kGamma, kPhi, kLevel, kTrend, kSeason };

// Where the search for the smoothing parameters begins: each at each of these.
constexpr std::array<double, 2> kGuesses = {0.3, 0.3 + 0.4};

// Values at equal distances; NaN where there is none.
class Series {
public:
    Series(std::vector<double> values, std::size_t season)
        : values_(std::move(values)), season_(season) {}

    std::size_t size() const { return values_.size(); }

    std::vector<double> best_parameters() const {
        const ObjectiveFunction error = [this](std::vector<double>& parameters) {
            return squared_error(parameters);
        };
        std::vector<double> start = starting_parameters();
        Minimum best;
        for (const double alpha : kGuesses) {
            for (const double beta : kGuesses) {
                for (const double gamma : kGuesses) {
                    for (const double phi : kGuesses) {
                        start[kAlpha] = alpha;
                        start[kBeta] = beta;
                        start[kGamma] = gamma;
                        start[kPhi] = phi;
                        Minimum found = minimize(error, start, 1.0e-4);
                        if (best.parameters.empty() || found.value < best.value) {
                            best = std::move(found);
                        }
                    }
                }
            }
        }
        return std::move(best.parameters);
    }

    // The values as the model gives them, and `horizon` more. Brings the parameters into their
    // bounds, and leaves in them the season as it is at the end.
    std::vector<double> forecast(std::size_t horizon, std::vector<double>& parameters) const {
        constrain(parameters);
        std::vector<double> forecasted(values_.size() + horizon);
        forecasted[0] = values_[0];
        State state{values_[0], parameters[kLevel], parameters[kTrend]};
        const double phi = parameters[kPhi];
        double damping = phi;
        for (std::size_t t = 1; t < forecasted.size(); ++t) {
            // The season's ring turns by two a step (query/functions.go), one of them read ahead.
            double* past = season_ == 0 ? nullptr : &parameters[kSeason + (2 * t - 2) % season_];
            double* ahead =
                season_ == 0 ? nullptr : &parameters[kSeason + (2 * t - 2 + t % season_) % season_];
            const double factor = past == nullptr ? 1.0 : *past;
            const double factor_ahead = ahead == nullptr ? 1.0 : *ahead;
            const double seasonal = state.advance(parameters, damping, factor, factor_ahead);
            damping += go_pow(phi, static_cast<double>(t));
            if (season_ != 0) parameters[kSeason + (2 * t - 2) % season_] = seasonal;
            forecasted[t] = state.value;
        }
        return forecasted;
    }

private:
    struct State {
        double value;
        double level;
        double trend;

        double advance(const std::vector<double>& p, double damping, double factor,
                       double factor_ahead) {
            const double before = level;
            const double damped = before + p[kPhi] * trend;
            level = p[kAlpha] * (value / factor) + (1 - p[kAlpha]) * damped;
            const double seasonal = p[kGamma] * (value / damped) + (1 - p[kGamma]) * factor;
            trend = p[kBeta] * (level - before) + (1 - p[kBeta]) * p[kPhi] * trend;
            value = (level + damping * trend) * factor_ahead;
            return seasonal;
        }
    };

    static void constrain(std::vector<double>& parameters) {
        for (std::size_t i = kAlpha; i <= kPhi; ++i) {
            if (parameters[i] > 1) parameters[i] = 1;
            if (parameters[i] < 0) parameters[i] = 0;
        }
    }

    std::vector<double> starting_parameters() const {
        std::vector<double> parameters(kSeason + season_);
        double& level = parameters[kLevel];
        double& trend = parameters[kTrend];
        if (season_ == 0) {
            level = 0.5 * values_[0];
            if (!std::isnan(values_[1])) trend = 0.5 * (values_[1] - values_[0]);
            return parameters;
        }
        const auto season = static_cast<double>(season_);
        for (std::size_t i = 0; i < season_; ++i) {
            if (!std::isnan(values_[i])) level += (1 / season) * values_[i];
        }
        for (std::size_t i = 0; i < season_ && season_ + i < values_.size(); ++i) {
            const double later = values_[season_ + i];
            if (std::isnan(values_[i]) || std::isnan(later)) continue;
            trend += 1 / (season * season) * (later - values_[i]);
        }
        for (std::size_t i = 0; i < season_; ++i) {
            if (!std::isnan(values_[i])) parameters[kSeason + i] = values_[i] / level;
        }
        return parameters;
    }

    double squared_error(std::vector<double>& parameters) const {
        const std::vector<double> forecasted = forecast(0, parameters);
        double sum = 0;
        for (std::size_t i = 0; i < forecasted.size(); ++i) {
            if (std::isnan(values_[i])) continue;
            if (std::isnan(forecasted[i])) return std::numeric_limits<double>::infinity();
            const double error = forecasted[i] - values_[i];
            sum += error * error;
        }
        return sum;
    }

    std::vector<double> values_;
    std::size_t season_;  // 0: none
};

class HoltWinters : public Reducer {
public:
    explicit HoltWinters(const ReducerSpec& spec)
        : horizon_(static_cast<std::size_t>(spec.count)),
          season_(spec.season < 2 ? 0 : static_cast<std::size_t>(spec.season)),
          with_fit_(spec.function == Function::kHoltWintersWithFit),
          interval_(spec.frame.window.interval_ns) {}

    void add(const Point& point) override { points_.push_back(point); }

    void emit(std::vector<Point>& out) override {
        if (points_.size() < 2 || points_.size() < season_ || horizon_ == 0) return;
        if (round_to_interval(points_.back().time) <= round_to_interval(points_[0].time)) return;
        std::vector<double> values = equidistant_values();
        if (values.size() < season_) return;
        is_too_long_ = values.size() > kValuesMax || season_ > kSeasonMax || horizon_ > kHorizonMax;
        if (is_too_long_) return;
        const Series series(std::move(values), season_);
        std::vector<double> parameters = series.best_parameters();
        const std::vector<double> forecasted = series.forecast(horizon_, parameters);
        const std::size_t first = with_fit_ ? 0 : series.size();
        const model::Timestamp begin =
            with_fit_ ? points_[0].time : points_.back().time + interval_;
        for (std::size_t i = first; i < forecasted.size(); ++i) {
            if (std::isnan(forecasted[i])) continue;
            out.push_back({begin + interval_ * static_cast<std::int64_t>(i - first),
                           Value::of_float(forecasted[i])});
        }
    }

    std::string_view failure() const override {
        if (!is_too_long_) return {};
        return "holt_winters takes at most 10000 intervals, 500 of a season and 1000000 to come";
    }

    std::size_t memory_bytes() const override { return points_.capacity() * sizeof(Point); }

private:
    model::Timestamp round_to_interval(model::Timestamp t) const {
        const std::int64_t up = t % interval_ > interval_ / 2 ? 1 : 0;
        return (t / interval_ + up) * interval_;
    }

    // Of several points in one interval the first counts. Ends early with too many.
    std::vector<double> equidistant_values() const {
        std::vector<double> values = {points_[0].value.to_float()};
        model::Timestamp t = round_to_interval(points_[0].time);
        for (const Point& point : points_) {
            const model::Timestamp rounded = round_to_interval(point.time);
            if (rounded <= t) continue;
            if ((rounded - t) / interval_ > static_cast<std::int64_t>(kValuesMax)) {
                values.resize(kValuesMax + 1);
                return values;
            }
            for (t += interval_; t != rounded; t += interval_) values.push_back(kNaN);
            values.push_back(point.value.to_float());
        }
        return values;
    }

    const std::size_t horizon_;
    const std::size_t season_;
    const bool with_fit_;
    const std::int64_t interval_;
    std::vector<Point> points_;
    bool is_too_long_ = false;
};

}  // namespace

std::unique_ptr<Reducer> make_holt_winters(const ReducerSpec& spec) {
    return std::make_unique<HoltWinters>(spec);
}

}  // namespace sluice::query
