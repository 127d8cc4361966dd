// cumulative_sum() gives at each point the sum of all values so far. Integers wrap.
#include <vector>

#include "query/functions/makers.h"

namespace sluice::query {
namespace {

class CumulativeSum : public Reducer {
public:
    void add(const Point& point) override {
        time_ = point.time;
        if (sum_.is_null()) sum_ = zero_like(point.value);
        switch (point.value.kind()) {
            case Value::Kind::kInteger:
                sum_ =
                    Value::of_integer(static_cast<std::int64_t>(sum_.word() + point.value.word()));
                break;
            case Value::Kind::kUnsigned:
                sum_ = Value::of_unsigned(sum_.word() + point.value.word());
                break;
            default:
                sum_ = Value::of_float(sum_.as_float() + point.value.as_float());
        }
    }

    void emit(std::vector<Point>& out) override {
        if (!sum_.is_null()) out.push_back({time_, sum_});
    }

private:
    // The first sum is 0 + value: a leading -0 becomes 0.
    static Value zero_like(const Value& value) {
        return value.kind() == Value::Kind::kFloat ? Value::of_float(0) : Value::of_integer(0);
    }

    Value sum_;
    model::Timestamp time_ = 0;
};

}  // namespace

std::unique_ptr<Reducer> make_cumulative_sum(const ReducerSpec&) {
    return std::make_unique<CumulativeSum>();
}

}  // namespace sluice::query
