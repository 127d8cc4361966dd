// difference() and non_negative_difference() give each value less the one before it. Integers wrap.
#include <vector>

#include "query/functions/compare.h"
#include "query/functions/makers.h"
#include "query/functions/point_pair.h"

namespace sluice::query {
namespace {

class Difference : public Reducer {
public:
    explicit Difference(bool non_negative) : non_negative_(non_negative) {}

    void add(const Point& point) override { pair_.add(point); }

    void emit(std::vector<Point>& out) override {
        if (!pair_.is_fresh()) return;
        pair_.consume();
        const Value difference = subtract(pair_.now().value, pair_.before().value);
        if (!(non_negative_ && is_negative(difference))) {
            out.push_back({pair_.now().time, difference});
        }
    }

private:
    static Value subtract(const Value& a, const Value& b) {
        switch (a.kind()) {
            case Value::Kind::kInteger:
                return Value::of_integer(static_cast<std::int64_t>(a.word() - b.word()));
            case Value::Kind::kUnsigned:
                return Value::of_unsigned(a.word() - b.word());
            default:
                return Value::of_float(a.as_float() - b.as_float());
        }
    }

    // Unsigned values are compared themselves, because their difference has wrapped.
    bool is_negative(const Value& difference) const {
        switch (difference.kind()) {
            case Value::Kind::kInteger:
                return difference.as_integer() < 0;
            case Value::Kind::kUnsigned:
                return value_less(pair_.now().value, pair_.before().value);
            default:
                return difference.as_float() < 0;
        }
    }

    const bool non_negative_;
    PointPair pair_;
};

}  // namespace

std::unique_ptr<Reducer> make_difference(const ReducerSpec& spec) {
    return std::make_unique<Difference>(spec.function == Function::kNonNegativeDifference);
}

}  // namespace sluice::query
