// integral() gives the area under the curve, per window, by trapezia. A line that crosses the
// border of two windows is cut there.
#include <vector>

#include "query/functions/makers.h"

namespace sluice::query {
namespace {

// Floats and integers differ in details of the original (query/functions.go: FloatIntegralReducer,
// IntegerIntegralReducer) that show: without GROUP BY time() a float's result has the time 0, an
// integer's the lower bound of the query; integers forget the cut value at the border when they go
// on in the next window.
class Integral : public Reducer {
public:
    Integral(const TimeFrame& frame, std::int64_t unit_ns, bool is_float)
        : frame_(frame),
          unit_(static_cast<double>(unit_ns)),
          is_float_(is_float),
          has_windows_(!frame.window.is_whole() || !is_float) {}

    void add(const Point& point) override {
        const double value = point.value.to_float();
        if (!has_before_) {
            has_before_ = true;
            if (has_windows_) enter_window(point.time);
            if (!is_float_ && start_ == model::kTimestampMin) start_ = 0;
        } else if (point.time != before_time_) {
            double now = value;
            if (has_windows_ && leaves_window(point.time)) now = close_window(point.time, value);
            sum_ += 0.5 * (now + before_value_) * units_between(before_time_, point.time);
        }
        before_time_ = point.time;
        before_value_ = value;
    }

    void emit(std::vector<Point>& out) override {
        if (has_ready_) out.push_back(ready_);
        has_ready_ = false;
    }

    // A window that begins with its only point has no area.
    void finish(std::vector<Point>& out) override {
        if (has_before_ && before_time_ != start_) out.push_back({start_, Value::of_float(sum_)});
    }

private:
    // Descending, a window is entered at its upper end.
    void enter_window(model::Timestamp t) {
        const Window& window = frame_.window;
        if (window.is_whole()) {
            start_ = frame_.ascending ? frame_.time_min : frame_.time_max + 1;
            end_ = frame_.ascending ? frame_.time_max + 1 : frame_.time_min;
            return;
        }
        const Window::Span span = window.span_of(t);
        start_ = frame_.ascending ? span.begin : span.end;
        end_ = frame_.ascending ? span.end : span.begin;
    }

    bool leaves_window(model::Timestamp t) const {
        return frame_.ascending ? t >= end_ : t <= end_;
    }

    // Completes the sum up to the border. Gives the value the next piece ends with.
    double close_window(model::Timestamp t, double value) {
        double next = value;
        if (before_time_ != end_) {
            const double slope = (value - before_value_) / static_cast<double>(t - before_time_);
            const double border = slope * static_cast<double>(end_ - before_time_) + before_value_;
            sum_ += 0.5 * (border + before_value_) * units_between(before_time_, end_);
            before_time_ = end_;
            if (is_float_) {
                before_value_ = border;
            } else {
                next = border;
            }
        }
        ready_ = {start_, Value::of_float(sum_)};
        has_ready_ = true;
        enter_window(t);
        sum_ = 0;
        return next;
    }

    double units_between(model::Timestamp a, model::Timestamp b) const {
        return static_cast<double>(b - a) / unit_;
    }

    const TimeFrame frame_;
    const double unit_;
    const bool is_float_;
    const bool has_windows_;
    // The window at work, its area so far, and the end of the line that the next point continues.
    // Descending, `start_` is the upper end.
    model::Timestamp start_ = 0;
    model::Timestamp end_ = 0;
    double sum_ = 0;
    bool has_before_ = false;
    model::Timestamp before_time_ = 0;
    double before_value_ = 0;
    bool has_ready_ = false;  // a window has been closed by the last point
    Point ready_;
};

}  // namespace

std::unique_ptr<Reducer> make_integral(const ReducerSpec& spec) {
    return std::make_unique<Integral>(spec.frame, spec.unit_ns,
                                      spec.argument == influxql::DataType::kFloat);
}

}  // namespace sluice::query
