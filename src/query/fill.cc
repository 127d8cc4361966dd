#include "query/fill.h"

namespace sluice::query {

using influxql::DataType;
using influxql::FillOption;

namespace {

Value number_of(const std::variant<std::int64_t, double>& number) {
    if (const auto* integer = std::get_if<std::int64_t>(&number))
        return Value::of_integer(*integer);
    return Value::of_float(std::get<double>(number));
}

}  // namespace

MissingValue::MissingValue(const SelectPlan& plan)
    : keeps_previous(plan.fill == FillOption::kPrevious) {
    if (plan.fill == FillOption::kNumber) number = number_of(plan.fill_value);
}

void MissingValue::apply(Value& value, DataType type) const {
    if (keeps_previous) return;
    const Value converted = cast_value(number, type);
    value = converted.is_null() ? number : converted;
}

PointStream::PointStream(const SelectPlan& plan, const AggregateCall& call, const Buckets& buckets)
    : plan_(plan),
      call_(call),
      buckets_(buckets),
      fills_(!plan.window.is_whole() && plan.fill != FillOption::kNone && !buckets.starts.empty()),
      fill_(plan.fill),
      fill_value_(plan.fill_value) {
    if (!fills_) return;
    if (fill_ == FillOption::kNull && call.function == Function::kCount) {
        fill_ = FillOption::kNumber;
        fill_value_ = std::int64_t{0};
    }
    const bool up = plan.ascending;
    expected_ = plan.window.start_of(up ? plan.time_min : plan.time_max);
    last_ = plan.window.start_of(up ? plan.time_max : plan.time_min);
    // Without a lower bound the first window is that of the first point.
    if (up && plan.time_min == model::kTimestampMin) expected_ = bucket_point(0).time;
}

Point PointStream::bucket_point(std::size_t index) const {
    const std::size_t at = plan_.ascending ? index : buckets_.starts.size() - 1 - index;
    const AggregateState& state = buckets_.states[at];
    const bool own_time = plan_.window.is_whole() && plan_.is_single_selector();
    model::Timestamp time = own_time ? state.time : buckets_.starts[at];
    if (time == model::kTimestampMin && !own_time) time = 0;
    return {time, result_of(call_, state), state.auxiliary};
}

bool PointStream::next_bucket(Point& point) {
    if (read_ == buckets_.starts.size()) return false;
    point = bucket_point(read_++);
    return true;
}

bool PointStream::next_filled() {
    if (!fills_) return next_bucket(point_);
    const bool up = plan_.ascending;
    const bool has_bucket = read_ < buckets_.starts.size();
    if (has_bucket) {
        const Point next = bucket_point(read_);
        if (up ? next.time <= expected_ : next.time >= expected_) {
            point_ = next;
            previous_ = next;
            has_previous_ = true;
            ++read_;
            expected_ += up ? plan_.window.interval_ns : -plan_.window.interval_ns;
            return true;
        }
    } else {
        // The windows behind the last point.
        const bool endless_past = !up && plan_.time_min == model::kTimestampMin;
        if (endless_past || (up ? expected_ > last_ : expected_ < last_)) return false;
    }
    point_ = {expected_, filled_value(), kNoRow};
    expected_ += up ? plan_.window.interval_ns : -plan_.window.interval_ns;
    return true;
}

Value PointStream::filled_value() const {
    switch (fill_) {
        case FillOption::kNumber: {
            const Value number = cast_value(number_of(fill_value_), call_.result);
            if (!number.is_null()) return number;
            return call_.result == DataType::kBoolean ? Value::of_boolean(false)
                                                      : Value::of_string({});
        }
        case FillOption::kPrevious:
            return has_previous_ ? previous_.value : Value();
        case FillOption::kLinear:
            return linear_value();
        default:
            return {};
    }
}

// On the line between the points before and behind; windows are counted in whole intervals
// (query/linear.go).
Value PointStream::linear_value() const {
    if (!has_previous_ || read_ == buckets_.starts.size()) return {};
    const Point next = bucket_point(read_);
    const std::int64_t interval = plan_.window.interval_ns;
    const std::int64_t from = previous_.time / interval;
    const auto width = static_cast<double>(next.time / interval - from);
    const auto into = static_cast<double>(expected_ / interval - from);
    if (call_.result == DataType::kFloat) {
        const double slope = (next.value.as_float() - previous_.value.as_float()) / width;
        return Value::of_float(slope * into + previous_.value.as_float());
    }
    if (call_.result == DataType::kInteger || call_.result == DataType::kUnsigned) {
        const std::uint64_t rise = next.value.word() - previous_.value.word();
        const bool is_signed = call_.result == DataType::kInteger;
        const double slope = (is_signed ? static_cast<double>(static_cast<std::int64_t>(rise))
                                        : static_cast<double>(rise)) /
                             width;
        return cast_value(Value::of_float(slope * into + previous_.value.to_float()), call_.result);
    }
    return {};
}

const Point* PointStream::peek() {
    while (!has_point_) {
        if (plan_.limit > 0 && emitted_ >= plan_.limit + plan_.offset) return nullptr;
        if (!next_filled()) return nullptr;
        ++emitted_;
        has_point_ = emitted_ > plan_.offset;
    }
    return &point_;
}

}  // namespace sluice::query
