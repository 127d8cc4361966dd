// holt_winters() and holt_winters_with_fit() forecast by damped exponential smoothing with level,
// trend and, if asked for, a season. The smoothing parameters and the starting values are those
// with the smallest squared error.
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "query/functions/makers.h"
#include "query/functions/nelder_mead.h"
#include "query/go/go_math.h"

namespace sluice::query {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The work is done in slices, but an answer should come within a minute or so.
constexpr std::size_t kValuesMax = 10'000;
constexpr std::size_t kSeasonMax = 500;
constexpr std::size_t kHorizonMax = 1'000'000;

// The places of the parameters in a vector. The factors of the season lie behind them.
enum Parameter : std::size_t { kAlpha, kBeta, kGamma, kPhi, kLevel, kTrend, kSeason };

// The searches for the smoothing parameters begin at these values: each of them for each of the
// four.
constexpr double kLowGuess = 0.3;
constexpr double kHighGuess = 0.3 + 0.4;
constexpr unsigned kGuesses = 16;

constexpr std::size_t kValuesPerStep = 4096;

// Values at equal distances; NaN where there is none.
struct Series {
    std::vector<double> values;
    std::size_t season;  // 0: none
};

// Without a season the level begins with the first value and the trend with the first difference,
// halved; with one, with means over the first two seasons (query/functions.go:
// HoltWintersReducer.Emit).
std::vector<double> starting_parameters(const Series& series) {
    const std::vector<double>& values = series.values;
    std::vector<double> parameters(kSeason + series.season);
    double& level = parameters[kLevel];
    double& trend = parameters[kTrend];
    if (series.season == 0) {
        level = 0.5 * values[0];
        if (!std::isnan(values[1])) trend = 0.5 * (values[1] - values[0]);
        return parameters;
    }
    const auto season = static_cast<double>(series.season);
    for (std::size_t i = 0; i < series.season; ++i) {
        if (!std::isnan(values[i])) level += (1 / season) * values[i];
    }
    for (std::size_t i = 0; i < series.season && series.season + i < values.size(); ++i) {
        const double later = values[series.season + i];
        if (std::isnan(values[i]) || std::isnan(later)) continue;
        trend += 1 / (season * season) * (later - values[i]);
    }
    for (std::size_t i = 0; i < series.season; ++i) {
        if (!std::isnan(values[i])) parameters[kSeason + i] = values[i] / level;
    }
    return parameters;
}

// Gives the values of a series as its parameters make them, one by one and without end.
class Model {
public:
    // Brings the parameters into their bounds, and leaves in them the season as it is at the end.
    Model(const Series& series, std::vector<double>& parameters)
        : parameters_(parameters), season_(series.season), value_(series.values[0]) {
        for (std::size_t i = kAlpha; i <= kPhi; ++i) {
            if (parameters_[i] > 1) parameters_[i] = 1;
            if (parameters_[i] < 0) parameters_[i] = 0;
        }
        level_ = parameters_[kLevel];
        trend_ = parameters_[kTrend];
        damping_ = parameters_[kPhi];
    }

    double first() const { return value_; }

    double next() {
        const std::size_t t = ++time_;
        if (season_ == 0) {
            advance(1.0, 1.0);
        } else {
            // The season's ring turns by two a step (query/functions.go), one of them read ahead.
            double& past = parameters_[kSeason + (2 * t - 2) % season_];
            past = advance(past, parameters_[kSeason + (2 * t - 2 + t % season_) % season_]);
        }
        damping_ += go_pow(parameters_[kPhi], static_cast<double>(t));
        return value_;
    }

private:
    // Returns the factor of the season.
    double advance(double factor, double factor_ahead) {
        const std::vector<double>& p = parameters_;
        const double before = level_;
        const double damped = before + p[kPhi] * trend_;
        level_ = p[kAlpha] * (value_ / factor) + (1 - p[kAlpha]) * damped;
        const double seasonal = p[kGamma] * (value_ / damped) + (1 - p[kGamma]) * factor;
        trend_ = p[kBeta] * (level_ - before) + (1 - p[kBeta]) * p[kPhi] * trend_;
        value_ = (level_ + damping_ * trend_) * factor_ahead;
        return seasonal;
    }

    std::vector<double>& parameters_;
    const std::size_t season_;
    std::size_t time_ = 0;
    double value_;
    double level_;
    double trend_;
    double damping_;
};

// Infinite where the model has no number for a value. Runs to the end then too: the season that is
// left in the parameters counts.
double squared_error(const Series& series, std::vector<double>& parameters) {
    Model model(series, parameters);
    double sum = 0;
    bool is_lost = false;
    double fit = model.first();
    for (std::size_t i = 0;;) {
        if (!std::isnan(series.values[i])) {
            is_lost = is_lost || std::isnan(fit);
            const double error = fit - series.values[i];
            sum += error * error;
        }
        if (++i == series.values.size()) break;
        fit = model.next();
    }
    return is_lost ? std::numeric_limits<double>::infinity() : sum;
}

// The parameters with the smallest error that any of the searches finds.
// The searches run one after the other: `search_` is the one at work, `guess_` the number of the
// next. The bits of that number say which of the four parameters begin high.
class ParameterSearch {
public:
    explicit ParameterSearch(const Series& series)
        : series_(series), start_(starting_parameters(series)) {}

    // Takes a step of the search, and returns false when it has ended.
    bool step() {
        if (!search_) {
            begin(guess_++);
            return true;
        }
        if (search_->step()) return true;
        Minimum found = search_->minimum();
        search_.reset();
        if (best_.parameters.empty() || found.value < best_.value) best_ = std::move(found);
        return guess_ < kGuesses;
    }
    std::vector<double> take_best() { return std::move(best_.parameters); }

private:
    void begin(unsigned guess) {
        for (std::size_t i = kAlpha; i <= kPhi; ++i) {
            start_[i] = (guess >> (kPhi - i) & 1) != 0 ? kHighGuess : kLowGuess;
        }
        search_.emplace(
            [this](std::vector<double>& parameters) { return squared_error(series_, parameters); },
            start_, 1.0e-4);
    }

    const Series& series_;
    std::vector<double> start_;
    unsigned guess_ = 0;
    std::optional<NelderMead> search_;
    Minimum best_;
};

// The search, and then the values: as the model gives them, and those to come.
// States: searching (no model_); giving values (model_ is set, values_ grows); done. step() does a
// few milliseconds of either, so that a query of many tag sets does not hold its core.
class Forecast {
public:
    Forecast(Series series, std::size_t horizon)
        : series_(std::move(series)),
          values_wanted_(series_.values.size() + horizon),
          search_(series_) {}
    Forecast(const Forecast&) = delete;
    Forecast& operator=(const Forecast&) = delete;

    // Takes a step towards the values, and returns false when they are there.
    bool step() {
        if (!model_) {
            if (search_.step()) return true;
            parameters_ = search_.take_best();
            model_.emplace(series_, parameters_);
            values_.push_back(model_->first());
        }
        for (std::size_t i = 0; i < kValuesPerStep && values_.size() < values_wanted_; ++i) {
            values_.push_back(model_->next());
        }
        return values_.size() < values_wanted_;
    }

    std::size_t fit_size() const { return series_.values.size(); }
    const std::vector<double>& values() const { return values_; }
    // With the points that the values become.
    std::size_t memory_bytes() const {
        return series_.values.capacity() * sizeof(double) +
               values_.capacity() * (sizeof(double) + sizeof(Point));
    }

private:
    const Series series_;
    const std::size_t values_wanted_;
    ParameterSearch search_;
    std::vector<double> parameters_;
    std::optional<Model> model_;
    std::vector<double> values_;
};

// Points are gathered until the tag set ends. prepare() then begins a forecast, unless there are
// too few points or too many, and calls its steps; without a forecast nothing is given out.
class HoltWinters : public Reducer {
public:
    explicit HoltWinters(const ReducerSpec& spec)
        : horizon_(static_cast<std::size_t>(spec.count)),
          season_(spec.season < 2 ? 0 : static_cast<std::size_t>(spec.season)),
          with_fit_(spec.function == Function::kHoltWintersWithFit),
          interval_(spec.frame.window.interval_ns) {}

    void add(const Point& point) override { points_.push_back(point); }

    bool prepare() override {
        if (forecast_) return !forecast_->step();
        begin();
        return !forecast_;
    }

    void emit(std::vector<Point>& out) override {
        if (!forecast_) return;
        const std::vector<double>& values = forecast_->values();
        const std::size_t first = with_fit_ ? 0 : forecast_->fit_size();
        const model::Timestamp begin =
            with_fit_ ? points_[0].time : points_.back().time + interval_;
        for (std::size_t i = first; i < values.size(); ++i) {
            if (std::isnan(values[i])) continue;
            out.push_back({begin + interval_ * static_cast<std::int64_t>(i - first),
                           Value::of_float(values[i])});
        }
    }

    std::string_view failure() const override {
        if (!is_too_long_) return {};
        return "holt_winters takes at most 10000 intervals, 500 of a season and 1000000 to come";
    }

    std::size_t memory_bytes() const override {
        return points_.capacity() * sizeof(Point) + (forecast_ ? forecast_->memory_bytes() : 0);
    }

private:
    void begin() {
        if (points_.size() < 2 || points_.size() < season_ || horizon_ == 0) return;
        if (round_to_interval(points_.back().time) <= round_to_interval(points_[0].time)) return;
        std::vector<double> values = equidistant_values();
        if (values.size() < season_) return;
        is_too_long_ = values.size() > kValuesMax || season_ > kSeasonMax || horizon_ > kHorizonMax;
        if (!is_too_long_) forecast_.emplace(Series{std::move(values), season_}, horizon_);
    }

    model::Timestamp round_to_interval(model::Timestamp t) const {
        const std::int64_t up = t % interval_ > interval_ / 2 ? 1 : 0;
        return (t / interval_ + up) * interval_;
    }

    // The first of several points in one interval counts. It ends early if there are too many.
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
    std::optional<Forecast> forecast_;  // begun
    bool is_too_long_ = false;
};

}  // namespace

std::unique_ptr<Reducer> make_holt_winters(const ReducerSpec& spec) {
    return std::make_unique<HoltWinters>(spec);
}

}  // namespace sluice::query
