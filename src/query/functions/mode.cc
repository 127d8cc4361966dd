// mode() gives the most frequent value, and of several equally frequent ones the one that was there
// first. Of booleans it gives true then.
#include <algorithm>
#include <vector>

#include "query/functions/compare.h"
#include "query/functions/makers.h"
#include "query/go/go_sort.h"

namespace sluice::query {
namespace {

class Mode : public Reducer {
public:
    void add(const Point& point) override { points_.push_back(point); }

    void emit(std::vector<Point>& out) override {
        if (points_.empty()) return;
        const bool boolean = points_[0].value.kind() == Value::Kind::kBoolean;
        const Value value = boolean && points_.size() > 1 ? mode_of_booleans() : mode();
        // A point alone passes as it is (query/call_iterator.go: FloatModeReduceSlice); its time
        // tells it from those of other tag sets.
        out.push_back({points_.size() == 1 ? points_[0].time : kTimeOfWindow, value});
    }

    std::size_t memory_bytes() const override { return points_.capacity() * sizeof(Point); }

private:
    Value mode_of_booleans() const {
        const auto yes = std::count_if(points_.begin(), points_.end(),
                                       [](const Point& point) { return point.value.as_boolean(); });
        return Value::of_boolean(static_cast<std::size_t>(yes) * 2 >= points_.size());
    }

    // Counts runs of equal values. A run of one point never wins over what is there, and a run wins
    // a draw by the time of its first point in sorted order (query/call_iterator.go).
    Value mode() {
        go_sort(std::span(points_),
                [](const Point& a, const Point& b) { return value_less(a.value, b.value); });
        Point best = points_[0];
        Point run = points_[0];
        std::size_t best_count = 0;
        std::size_t run_count = 0;
        for (const Point& point : points_) {
            if (!value_equal(point.value, run.value)) {
                run = point;
                run_count = 1;
                continue;
            }
            ++run_count;
            if (best_count > run_count || (best_count == run_count && run.time > best.time)) {
                continue;
            }
            best_count = run_count;
            best = point;
        }
        return best.value;
    }

    std::vector<Point> points_;
};

}  // namespace

std::unique_ptr<Reducer> make_mode(const ReducerSpec&) {
    return std::make_unique<Mode>();
}

}  // namespace sluice::query
