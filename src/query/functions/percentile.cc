// percentile() gives the point whose value has N percent of the values at or below it (nearest
// rank).
#include <cmath>
#include <vector>

#include "query/functions/compare.h"
#include "query/functions/makers.h"
#include "query/go/go_sort.h"

namespace sluice::query {
namespace {

class Percentile : public Reducer {
public:
    explicit Percentile(double percentile) : percentile_(percentile) {}

    void add(const Point& point) override { points_.push_back(point); }

    // There is no point if the rank lies outside: percentile(x, 1) of few points, or more than 100.
    // Of points with equal values, which one has the rank depends on how the sort leaves them.
    void emit(std::vector<Point>& out) override {
        const double rank =
            std::floor(static_cast<double>(points_.size()) * percentile_ / 100.0 + 0.5) - 1;
        if (!(rank >= 0 && rank < static_cast<double>(points_.size()))) return;
        go_sort(std::span(points_),
                [](const Point& a, const Point& b) { return value_less(a.value, b.value); });
        out.push_back(points_[static_cast<std::size_t>(rank)]);
    }

    std::size_t memory_bytes() const override { return points_.capacity() * sizeof(Point); }

private:
    const double percentile_;
    std::vector<Point> points_;
};

}  // namespace

std::unique_ptr<Reducer> make_percentile(const ReducerSpec& spec) {
    return std::make_unique<Percentile>(spec.percentile);
}

}  // namespace sluice::query
