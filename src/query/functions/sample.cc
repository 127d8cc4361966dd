// sample() gives N points, every one with the same chance (reservoir sampling).
#include <vector>

#include "query/functions/compare.h"
#include "query/functions/makers.h"
#include "query/go/go_sort.h"
#include "sluice/base/random.h"

namespace sluice::query {
namespace {

class Sample : public Reducer {
public:
    Sample(std::size_t count, bool ascending, std::uint64_t seed)
        : count_(count), ascending_(ascending), random_(seed) {}

    // Algorithm R (Vitter, 1985): the n-th point replaces a kept one with the probability count_ /
    // n.
    void add(const Point& point) override {
        ++seen_;
        if (points_.size() < count_) {
            points_.push_back(point);
            return;
        }
        const std::uint64_t place = random_.below(seen_);
        if (place < count_) points_[place] = point;
    }

    void emit(std::vector<Point>& out) override {
        go_sort(std::span(points_), [](const Point& a, const Point& b) {
            return a.time != b.time ? a.time < b.time : value_less(a.value, b.value);
        });
        sort_by_time(points_, ascending_);
        out.insert(out.end(), points_.begin(), points_.end());
    }

    std::size_t memory_bytes() const override { return points_.capacity() * sizeof(Point); }

private:
    const std::size_t count_;
    const bool ascending_;
    Random random_;
    std::uint64_t seen_ = 0;
    std::vector<Point> points_;
};

}  // namespace

std::unique_ptr<Reducer> make_sample(const ReducerSpec& spec) {
    return std::make_unique<Sample>(static_cast<std::size_t>(spec.count), spec.frame.ascending,
                                    spec.seed);
}

}  // namespace sluice::query
