// moving_average() gives the mean of the last N values, once there are N.
#include <vector>

#include "query/functions/makers.h"

namespace sluice::query {
namespace {

// The sum is carried along, so that floats gather the same errors as in the original; integers are
// summed as integers and may wrap.
class MovingAverage : public Reducer {
public:
    explicit MovingAverage(std::size_t count) : count_(count) {}

    void add(const Point& point) override {
        if (values_.size() < count_) {
            values_.push_back(point.value);
        } else {
            change_sum(values_[oldest_], -1);
            values_[oldest_] = point.value;
            oldest_ = oldest_ + 1 == count_ ? 0 : oldest_ + 1;
        }
        change_sum(point.value, 1);
        last_ = point;
    }

    void emit(std::vector<Point>& out) override {
        if (values_.size() < count_) return;
        out.push_back({last_.time, Value::of_float(sum() / static_cast<double>(count_))});
    }

    std::size_t memory_bytes() const override { return values_.capacity() * sizeof(Value); }

private:
    void change_sum(const Value& value, int sign) {
        if (value.kind() == Value::Kind::kFloat) {
            float_sum_ += sign * value.as_float();
        } else {
            word_sum_ += static_cast<std::uint64_t>(sign) * value.word();
        }
    }

    double sum() const {
        switch (last_.value.kind()) {
            case Value::Kind::kInteger:
                return static_cast<double>(static_cast<std::int64_t>(word_sum_));
            case Value::Kind::kUnsigned:
                return static_cast<double>(word_sum_);
            default:
                return float_sum_;
        }
    }

    const std::size_t count_;
    std::vector<Value> values_;  // a ring once it is full
    std::size_t oldest_ = 0;
    double float_sum_ = 0;
    std::uint64_t word_sum_ = 0;
    Point last_;
};

}  // namespace

std::unique_ptr<Reducer> make_moving_average(const ReducerSpec& spec) {
    return std::make_unique<MovingAverage>(static_cast<std::size_t>(spec.count));
}

}  // namespace sluice::query
