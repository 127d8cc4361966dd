// The points of one function in one tag set, in the order of the answer: empty windows filled,
// LIMIT and OFFSET applied (query/iterator.gen.go: FillIterator, LimitIterator).
#pragma once

#include <cstdint>

#include "query/aggregate_table.h"
#include "query/plan.h"
#include "query/point.h"

namespace sluice::query {

class PointStream {
public:
    // Everything outlives the stream.
    PointStream(const SelectPlan& plan, const AggregateCall& call, const Buckets& buckets);

    // The next point, null where the window is empty; nullptr at the end. pop() goes on.
    const Point* peek();
    void pop() { has_point_ = false; }

private:
    bool next_filled();
    bool next_bucket(Point& point);
    Point bucket_point(std::size_t index) const;
    Value filled_value() const;
    Value linear_value() const;

    const SelectPlan& plan_;
    const AggregateCall& call_;
    const Buckets& buckets_;
    const bool fills_;
    influxql::FillOption fill_;
    std::variant<std::int64_t, double> fill_value_;

    std::size_t read_ = 0;  // buckets
    model::Timestamp expected_ = 0;
    model::Timestamp last_ = 0;
    Point previous_;
    bool has_previous_ = false;

    std::int64_t emitted_ = 0;
    Point point_;
    bool has_point_ = false;
};

// What stands for a missing value where rows are put together: nothing, a number, or what was there
// before (query/cast.go: castToType).
struct MissingValue {
    explicit MissingValue(const SelectPlan& plan);
    // Changes `value` unless the value before is to stay.
    void apply(Value& value, influxql::DataType type) const;

    bool keeps_previous = false;
    Value number;
};

}  // namespace sluice::query
