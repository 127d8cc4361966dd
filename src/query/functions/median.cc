// median() gives the middle value, and of an even number of points the mean of the two in the
// middle.
#include <vector>

#include "query/functions/compare.h"
#include "query/functions/makers.h"
#include "query/go/go_sort.h"

namespace sluice::query {
namespace {

class Median : public Reducer {
public:
    void add(const Point& point) override {
        values_.push_back(point.value);
        time_ = point.time;
    }

    void emit(std::vector<Point>& out) override {
        if (values_.empty()) return;
        go_sort(std::span(values_), value_less);
        const std::size_t middle = values_.size() / 2;
        const double value = values_.size() % 2 == 1
                                 ? values_[middle].to_float()
                                 : between(values_[middle - 1], values_[middle]);
        // A float alone passes as it is (query/call_iterator.go: FloatMedianReduceSlice); its time
        // tells it from those of other tag sets.
        const bool passes = values_.size() == 1 && values_[0].kind() == Value::Kind::kFloat;
        out.push_back({passes ? time_ : kTimeOfWindow, Value::of_float(value)});
    }

    std::size_t memory_bytes() const override { return values_.capacity() * sizeof(Value); }

private:
    // The distance of integers is taken in integers, and may wrap.
    static double between(const Value& low, const Value& high) {
        switch (low.kind()) {
            case Value::Kind::kInteger:
                return low.to_float() +
                       static_cast<double>(static_cast<std::int64_t>(high.word() - low.word())) / 2;
            case Value::Kind::kUnsigned:
                return low.to_float() + static_cast<double>(high.word() - low.word()) / 2;
            default:
                return low.as_float() + (high.as_float() - low.as_float()) / 2;
        }
    }

    std::vector<Value> values_;
    model::Timestamp time_ = 0;  // of the last
};

}  // namespace

std::unique_ptr<Reducer> make_median(const ReducerSpec&) {
    return std::make_unique<Median>();
}

}  // namespace sluice::query
