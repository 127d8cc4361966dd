#include "query/points/window_points.h"

#include <algorithm>

#include "query/aggregate/aggregate.h"
#include "query/scan/core_session.h"
#include "query/scan/select_budget.h"

namespace sluice::query {
namespace {

// The state of one window and tag set. Points of a subquery lie on this core, so there is nothing
// to merge; the same state serves.
class MergeableReducer final : public Reducer {
public:
    MergeableReducer(Function function, influxql::DataType argument) {
        call_.function = function;
        call_.argument = argument;
    }

    void add(const Point& point) override {
        if (aggregate(call_, state_, point.time, point.value)) state_.auxiliary = point.auxiliary;
    }
    void emit(std::vector<Point>& out) override {
        if (state_.empty()) return;
        const model::Timestamp time = is_selector(call_.function) ? state_.time : kTimeOfWindow;
        out.push_back({time, result_of(call_, state_), state_.auxiliary});
    }

private:
    AggregateCall call_;
    AggregateState state_;
};

// A mean of parts counts as many points as it was made of (Point::aggregated).
class MeanReducer final : public Reducer {
public:
    MeanReducer() { sum_.function = Function::kSum; }

    void add(const Point& point) override {
        Value value = point.value;
        if (point.aggregated >= 2) value = Value::of_float(value.to_float() * point.aggregated);
        aggregate(sum_, state_, point.time, value);
        count_ += std::max(point.aggregated, 1u);
    }
    void emit(std::vector<Point>& out) override {
        if (count_ == 0) return;
        const Value mean = Value::of_float((0.0 + state_.value.to_float()) / count_);
        out.push_back({kTimeOfWindow, mean, kNoRow, count_});
    }

private:
    AggregateCall sum_;
    AggregateState state_;
    std::uint32_t count_ = 0;
};

}  // namespace

std::unique_ptr<Reducer> make_mergeable_reducer(Function function, influxql::DataType argument) {
    if (function == Function::kMean) return std::make_unique<MeanReducer>();
    return std::make_unique<MergeableReducer>(function, argument);
}

WindowPoints::WindowPoints(std::unique_ptr<PointCursor> input, MakeReducer make_reducer,
                           const Options& options)
    : PointStage(std::move(input), options.auxiliary_width),
      options_(options),
      make_reducer_(std::move(make_reducer)) {
    memory_bytes_max_ = options.memory_bytes_max;
    source_ = options.source;
}

void WindowPoints::release() {
    if (!text_is_passed_on_) return;
    text_.clear();
    has_text_ = false;
    text_is_passed_on_ = false;
}

std::uint64_t WindowPoints::memory_bytes() const {
    std::uint64_t bytes = auxiliary_.capacity() * sizeof(Value) + text_.memory_bytes();
    for (const Part& part : parts_) bytes += part.reducer->memory_bytes() + 64;
    return bytes;
}

// A window without an interval reaches over the whole time range of the query. Its points have its
// start as their time, which is the lower bound of the query, or 0 where there is none.
void WindowPoints::open(const TaggedPoint& point) {
    is_open_ = true;
    outer_ = point.tags->outer;
    if (options_.window.is_whole()) {
        begin_ = options_.window.whole_start;
        end_ = options_.time_max + 1;
    } else {
        const Window::Span span = options_.window.span_of(point.point.time);
        begin_ = span.begin;
        end_ = span.end;
    }
}

bool WindowPoints::is_in_time(const TaggedPoint& point) const {
    return point.point.time >= begin_ && point.point.time < end_;
}

bool WindowPoints::is_inside(const TaggedPoint& point) const {
    return point.tags->outer == outer_ && is_in_time(point);
}

// The order of these questions is InfluxDB's (ReduceIterator: reduce): a point without a value is
// skipped when a window begins, and inside of one it may end it; a point of another outer tag set
// ends a window whatever its time is.
PointStage::Step WindowPoints::step(PointBlock& out) {
    if (reader_.empty()) {
        if (!is_open_) return Step::kEnd;
        if (!prepare()) return Step::kPause;
        // The next window begins with asking once more. If the input has ended for good, that has
        // no effect, and the step after this one finds no open window.
        reader_.resume();
        return close(out);
    }
    const TaggedPoint& point = reader_.peek();
    if (point.point.value.is_null()) {
        // A point without a value adds nothing, but its time ends a window that it is not in.
        if (is_open_ && !is_in_time(point)) return prepare() ? close(out) : Step::kPause;
        reader_.pop();
        return Step::kGoOn;
    }
    if (is_open_ && !is_inside(point)) return prepare() ? close(out) : Step::kPause;
    if (!is_open_) {
        open(point);
        // Rows of a subquery may lie before the time range, and none is read behind one.
        if (!is_inside(point)) {
            is_open_ = false;
            return Step::kEnd;
        }
    }
    add(reader_.pop());
    return Step::kGoOn;
}

void WindowPoints::add(const TaggedPoint& point) {
    if (parts_.empty() || parts_[current_].tags != point.tags) {
        const auto [entry, is_new] = part_of_.try_emplace(point.tags, parts_.size());
        if (is_new) parts_.push_back({point.tags, make_reducer_()});
        current_ = entry->second;
    }
    // The block of the input is gone before the window is over.
    Point kept = point.point;
    if (kept.value.kind() == Value::Kind::kString) {
        kept.value = keep_value(text_, kept.value);
        has_text_ = true;
    }
    const Value* row = options_.keeps_auxiliary ? reader_.auxiliary(point.point) : nullptr;
    kept.auxiliary = kNoRow;
    if (row != nullptr) {
        kept.auxiliary = static_cast<std::uint32_t>(auxiliary_.size() / options_.auxiliary_width);
        for (std::size_t i = 0; i < options_.auxiliary_width; ++i) {
            has_text_ = has_text_ || row[i].kind() == Value::Kind::kString;
            auxiliary_.push_back(keep_value(text_, row[i]));
        }
    }
    parts_[current_].reducer->add(kept);
}

// Does a slice of the preparing that is left, and returns true when none is left. All parts are
// given out together, so what they prepare counts together against the memory of the query.
bool WindowPoints::prepare() {
    while (prepared_ < parts_.size() && parts_[prepared_].reducer->prepare()) {
        prepared_bytes_ += parts_[prepared_++].reducer->memory_bytes();
    }
    if (source_ != nullptr && memory_bytes_max_ != 0 && prepared_bytes_ > memory_bytes_max_) {
        failure_ = too_much_memory(memory_bytes_max_);
        return false;
    }
    return prepared_ == parts_.size();
}

// Which of equal points comes first shows in the answer. Parts are in the order of tag sets, and
// each gives out its points in its own order; the sort by time is stable, so both orders remain
// where times are equal.
PointStage::Step WindowPoints::close(PointBlock& out) {
    std::sort(parts_.begin(), parts_.end(), [this](const Part& a, const Part& b) {
        return precedes(a.tags, b.tags, options_.ascending);
    });
    bool have_own_times = false;
    sorted_.clear();
    for (Part& part : parts_) {
        ready_.clear();
        part.reducer->emit(ready_);
        if (const std::string_view failure = part.reducer->failure(); !failure.empty()) {
            failure_ = Error{ErrorKind::kTooLarge, std::string(failure)};
        }
        for (Point& point : ready_) {
            if (point.time == kTimeOfWindow) {
                point.time = begin_;
            } else {
                have_own_times = true;
            }
            sorted_.push_back({part.tags, point});
        }
    }
    if (have_own_times && options_.is_ordered) {
        std::stable_sort(sorted_.begin(), sorted_.end(),
                         [up = options_.ascending](const TaggedPoint& a, const TaggedPoint& b) {
                             return up ? a.point.time < b.point.time : a.point.time > b.point.time;
                         });
    }
    for (TaggedPoint& point : sorted_) {
        if (options_.sets_time) {
            // Where clocks are set back, the window of a point may begin later than this one.
            const bool has_zone = !options_.window.is_whole() && options_.window.has_zone();
            const model::Timestamp start =
                has_zone ? options_.window.start_of(point.point.time) : begin_;
            point.point.time = start == model::kTimestampMin ? 0 : start;
        }
        const Value* row =
            point.point.auxiliary == kNoRow
                ? nullptr
                : auxiliary_.data() + point.point.auxiliary * options_.auxiliary_width;
        point.point.auxiliary = out.add_row(row);
        out.points.push_back(point);
    }
    is_open_ = false;
    parts_.clear();
    part_of_.clear();
    current_ = 0;
    prepared_ = 0;
    prepared_bytes_ = 0;
    auxiliary_.clear();
    // At a window that gives nothing InfluxDB's iterator says that it has ended, though it goes on
    // when it is asked again.
    if (sorted_.empty()) {
        text_.clear();
        has_text_ = false;
        return Step::kEnd;
    }
    // The points in `out` refer to text_, and the next window would write to it: the block is
    // passed on, full or not.
    if (!has_text_) return Step::kGoOn;
    text_is_passed_on_ = true;
    return Step::kPassOn;
}

}  // namespace sluice::query
