// top() and bottom() give the N points with the greatest or smallest values, and of equal ones the
// earliest.
#include <vector>

#include "query/functions/compare.h"
#include "query/functions/makers.h"
#include "query/go/go_sort.h"

namespace sluice::query {
namespace {

class TopOrBottom : public Reducer {
public:
    TopOrBottom(bool top, std::size_t count) : worse_{top}, count_(count) {}

    // Only count_ points are kept, whatever the window has. A point that is as good as the worst
    // one does not replace it.
    void add(const Point& point) override {
        if (heap_.size() < count_) {
            heap_.push_back(point);
            sift_up(heap_.size() - 1);
        } else if (worse_(heap_[0], point)) {
            heap_[0] = point;
            sift_down(0);
        }
    }

    // The best come first. If they are sorted by time later, points of one time keep this order.
    void emit(std::vector<Point>& out) override {
        go_sort(std::span(heap_), [&](const Point& a, const Point& b) { return worse_(b, a); });
        out.insert(out.end(), heap_.begin(), heap_.end());
    }

    std::size_t memory_bytes() const override { return heap_.capacity() * sizeof(Point); }

private:
    struct Worse {
        bool top;
        bool operator()(const Point& a, const Point& b) const {
            if (!value_equal(a.value, b.value)) {
                return top ? value_less(a.value, b.value) : value_less(b.value, a.value);
            }
            return a.time > b.time;
        }
    };

    // A heap with the worst point on top, moved as Go's container/heap moves it: of points alike in
    // value and time, another arrangement would show another row.
    void sift_up(std::size_t at) {
        while (at > 0) {
            const std::size_t parent = (at - 1) / 2;
            if (!worse_(heap_[at], heap_[parent])) return;
            std::swap(heap_[at], heap_[parent]);
            at = parent;
        }
    }
    void sift_down(std::size_t at) {
        for (;;) {
            std::size_t child = 2 * at + 1;
            if (child >= heap_.size()) return;
            if (child + 1 < heap_.size() && worse_(heap_[child + 1], heap_[child])) ++child;
            if (!worse_(heap_[child], heap_[at])) return;
            std::swap(heap_[at], heap_[child]);
            at = child;
        }
    }

    const Worse worse_;
    const std::size_t count_;
    std::vector<Point> heap_;
};

}  // namespace

std::unique_ptr<Reducer> make_top_or_bottom(const ReducerSpec& spec) {
    return std::make_unique<TopOrBottom>(spec.function == Function::kTop,
                                         static_cast<std::size_t>(spec.count));
}

}  // namespace sluice::query
