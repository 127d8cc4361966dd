// derivative() and non_negative_derivative() give the change of a value per unit of time.
#include <vector>

#include "query/functions/makers.h"
#include "query/functions/point_pair.h"

namespace sluice::query {
namespace {

// Signed integers wrap before they are converted; unsigned ones keep their sign.
double difference(const Value& before, const Value& now) {
    switch (now.kind()) {
        case Value::Kind::kInteger:
            return static_cast<double>(static_cast<std::int64_t>(now.word() - before.word()));
        case Value::Kind::kUnsigned:
            return now.word() > before.word() ? static_cast<double>(now.word() - before.word())
                                              : -static_cast<double>(before.word() - now.word());
        default:
            return now.as_float() - before.as_float();
    }
}

// The first point of a tag set gives nothing, having none before it. Two points of a pair have
// different times (PointPair), so nothing is divided by zero.
class Derivative : public Reducer {
public:
    Derivative(std::int64_t unit_ns, bool non_negative, bool ascending)
        : unit_(static_cast<double>(unit_ns)), non_negative_(non_negative), ascending_(ascending) {}

    void add(const Point& point) override { pair_.add(point); }

    void emit(std::vector<Point>& out) override {
        if (!pair_.is_fresh()) return;
        pair_.consume();
        const double change = difference(pair_.before().value, pair_.now().value);
        if (non_negative_ && change < 0) return;
        const std::int64_t elapsed = pair_.now().time - pair_.before().time;
        const double units = static_cast<double>(ascending_ ? elapsed : -elapsed) / unit_;
        out.push_back({pair_.now().time, Value::of_float(change / units)});
    }

private:
    const double unit_;
    const bool non_negative_;
    const bool ascending_;
    PointPair pair_;
};

}  // namespace

std::unique_ptr<Reducer> make_derivative(const ReducerSpec& spec) {
    return std::make_unique<Derivative>(
        spec.unit_ns, spec.function == Function::kNonNegativeDerivative, spec.frame.ascending);
}

}  // namespace sluice::query
