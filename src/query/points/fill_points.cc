#include "query/points/fill_points.h"

namespace sluice::query {

using influxql::DataType;
using influxql::FillOption;

FillPoints::FillPoints(std::unique_ptr<PointCursor> input, std::size_t auxiliary_width,
                       const Options& options)
    : PointStage(std::move(input), auxiliary_width), options_(options) {
    source_ = options.source;
    const bool up = options.ascending;
    first_ = options.window.start_of(up ? options.time_min : options.time_max);
    last_ = options.window.start_of(up ? options.time_max : options.time_min);
}

void FillPoints::begin(const TaggedPoint& point) {
    tags_ = point.tags;
    // Without a lower bound the first window is that of the first point.
    due_ = first_ == model::kTimestampMin ? options_.window.start_of(point.point.time) : first_;
    zone_offset_ = options_.window.zone_offset(due_);
    previous_ = Point();
    exhausted_ = false;
}

// Without a lower bound a descending tag set has no last window: it ends with its last point.
bool FillPoints::has_windows_left() const {
    if (exhausted_) return false;
    if (options_.ascending) return due_ <= last_;
    return due_ >= last_ && last_ != model::kTimestampMin;
}

// Gives out one point: that of the reader if it lies in the window that is due or before it, or
// else one that is made up. A tag set ends when its windows are used up and the reader has moved on
// to another.
PointStage::Step FillPoints::step(PointBlock& out) {
    const bool has_point = !reader_.empty();
    if (tags_ == nullptr) {
        if (!has_point) return Step::kEnd;
        begin(reader_.peek());
    }
    bool is_here = has_point && reader_.peek().tags == tags_;
    if (!is_here && !has_windows_left()) {
        if (!has_point) return Step::kEnd;
        begin(reader_.peek());
        is_here = true;
    }
    if (is_here) {
        const model::Timestamp time = reader_.peek().point.time;
        is_here = options_.ascending ? time <= due_ : time >= due_;
    }
    if (is_here) {
        const TaggedPoint& point = reader_.pop();
        remember(point);
        pass(point, out);
    } else {
        if (!has_point && !has_looked_ && looks_ahead()) {
            has_looked_ = true;
            return Step::kGoOn;
        }
        // Another window has been made up, and InfluxDB's iterator peeks at its input again.
        has_looked_ = false;
        out.points.push_back({tags_, {due_, filled_value(), kNoRow}});
        reader_.resume();
    }
    advance();
    return Step::kGoOn;
}

// Asks the input once more for the end of the line of fill(linear), and returns whether that has an
// effect.
bool FillPoints::looks_ahead() {
    if (options_.fill.option != FillOption::kLinear || previous_.value.is_null()) return false;
    reader_.resume();
    return reader_.needs_refill();
}

void FillPoints::remember(const TaggedPoint& point) {
    previous_ = point.point;
    previous_.value = keep_value(text_, previous_.value);
}

// previous_ may be shown in the next block, too, so its string alone is carried over.
void FillPoints::release() {
    if (previous_.value.kind() != Value::Kind::kString) return;
    const std::string kept(previous_.value.as_string());
    text_.clear();
    previous_.value = Value::of_string(text_.copy(kept));
}

void FillPoints::advance() {
    const std::int64_t interval = options_.window.interval_ns;
    const std::int64_t step = options_.ascending ? interval : -interval;
    if (__builtin_add_overflow(due_, step, &due_)) exhausted_ = true;
    if (!options_.window.has_zone()) return;
    // Where clocks change, so does the distance of two windows.
    const std::int64_t offset = options_.window.zone_offset(due_ - 1);
    if (offset == zone_offset_) return;
    const std::int64_t change = zone_offset_ - offset;
    if ((change < 0 ? -change : change) < interval) due_ += change;
    zone_offset_ = offset;
}

Value FillPoints::filled_value() const {
    switch (options_.fill.option) {
        case FillOption::kNumber: {
            // A number cannot be cast to a boolean or a string: it becomes false, or an empty text.
            const Value number = cast_value(options_.fill.number(), options_.type);
            if (!number.is_null()) return number;
            return options_.type == DataType::kBoolean ? Value::of_boolean(false)
                                                       : Value::of_string({});
        }
        case FillOption::kPrevious:
            return previous_.value;
        case FillOption::kLinear:
            return linear_value();
        default:
            return {};
    }
}

// On the line between the points before and behind; windows are counted in whole intervals
// (query/linear.go).
Value FillPoints::linear_value() const {
    if (previous_.value.is_null() || reader_.empty() || reader_.peek().tags != tags_) return {};
    const Point& next = reader_.peek().point;
    if (!next.value.is_number() || !previous_.value.is_number()) return {};
    const std::int64_t interval = options_.window.interval_ns;
    const std::int64_t from = previous_.time / interval;
    const auto width = static_cast<double>(next.time / interval - from);
    const auto into = static_cast<double>(due_ / interval - from);
    if (next.value.kind() == Value::Kind::kFloat) {
        const double slope = (next.value.as_float() - previous_.value.as_float()) / width;
        return Value::of_float(slope * into + previous_.value.as_float());
    }
    // The difference is taken as integers and wraps around, as in Go.
    const std::uint64_t rise = next.value.word() - previous_.value.word();
    const bool is_signed = next.value.kind() == Value::Kind::kInteger;
    const double slope = (is_signed ? static_cast<double>(static_cast<std::int64_t>(rise))
                                    : static_cast<double>(rise)) /
                         width;
    return cast_value(Value::of_float(slope * into + previous_.value.to_float()), options_.type);
}

}  // namespace sluice::query
