// spread() gives how far the greatest value lies above the smallest. Integers may wrap.
#include <cmath>
#include <vector>

#include "query/functions/compare.h"
#include "query/functions/makers.h"

namespace sluice::query {
namespace {

class Spread : public Reducer {
public:
    void add(const Point& point) override {
        const Value& value = point.value;
        if (value.kind() == Value::Kind::kFloat && std::isnan(value.as_float())) has_nan_ = true;
        if (min_.is_null() || value_less(value, min_)) min_ = value;
        if (max_.is_null() || value_less(max_, value)) max_ = value;
    }

    void emit(std::vector<Point>& out) override {
        if (!min_.is_null()) out.push_back({kTimeOfWindow, spread()});
    }

private:
    Value spread() const {
        switch (min_.kind()) {
            case Value::Kind::kInteger:
                return Value::of_integer(static_cast<std::int64_t>(max_.word() - min_.word()));
            case Value::Kind::kUnsigned:
                return Value::of_unsigned(max_.word() - min_.word());
            default:
                return Value::of_float(has_nan_ ? std::nan("") : max_.as_float() - min_.as_float());
        }
    }

    Value min_;
    Value max_;
    bool has_nan_ = false;
};

}  // namespace

std::unique_ptr<Reducer> make_spread(const ReducerSpec&) {
    return std::make_unique<Spread>();
}

}  // namespace sluice::query
