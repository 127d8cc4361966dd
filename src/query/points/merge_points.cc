#include "query/points/merge_points.h"

#include <utility>

namespace sluice::query {

MergePoints::MergePoints(std::vector<std::unique_ptr<PointCursor>> sources, const Options& options)
    : options_(options) {
    for (auto& source : sources) {
        sources_.emplace_back(std::move(source), options.auxiliary_width);
    }
}

// The source that gave the last point is off the heap until its next point is known, which may need
// a block that has to be awaited. If there are points in the block by then, they are passed on
// first, and `taken_` says in the next call where it was left. The heap is compared only while all
// in it have points.
io::Task<Result<bool>> MergePoints::next(PointBlock& block) {
    block.clear();
    if (!is_begun_) {
        is_begun_ = true;
        for (PointReader& source : sources_) {
            Result<void> read = co_await source.refill();
            if (!read.ok()) co_return std::move(read).error();
            if (!source.empty()) heap_.push_back(&source);
        }
        for (std::size_t i = heap_.size() / 2; i > 0; --i) sift_down(i - 1, heap_.size());
    }
    while (block.points.size() < points_per_block(block.width)) {
        if (taken_ != nullptr && taken_->needs_refill()) {
            if (!block.points.empty()) break;
            Result<void> read = co_await taken_->refill();
            if (!read.ok()) co_return std::move(read).error();
        }
        const bool goes_on = taken_ != nullptr && !taken_->empty() && is_in_window(taken_->peek());
        if (!goes_on) {
            if (taken_ != nullptr && !taken_->empty()) push(taken_);
            taken_ = nullptr;
            if (heap_.empty()) break;
            taken_ = pop();
        }
        last_ = taken_->pop();
        TaggedPoint point = last_;
        point.point.auxiliary = block.add_row(taken_->auxiliary(point.point));
        block.points.push_back(point);
    }
    co_return !block.points.empty();
}

// Returns whether `point` still belongs to the window that is being read from one source; that is
// never so when points are sorted.
bool MergePoints::is_in_window(const TaggedPoint& point) const {
    if (options_.is_sorted || point.tags->outer != last_.tags->outer) return false;
    return options_.window.start_of(point.point.time) == options_.window.start_of(last_.point.time);
}

void MergePoints::push(PointReader* source) {
    heap_.push_back(source);
    sift_up(heap_.size() - 1);
}

PointReader* MergePoints::pop() {
    std::swap(heap_.front(), heap_.back());
    sift_down(0, heap_.size() - 1);
    PointReader* first = heap_.back();
    heap_.pop_back();
    return first;
}

void MergePoints::sift_up(std::size_t at) {
    while (at > 0) {
        const std::size_t parent = (at - 1) / 2;
        if (!precedes(*heap_[at], *heap_[parent])) return;
        std::swap(heap_[at], heap_[parent]);
        at = parent;
    }
}

void MergePoints::sift_down(std::size_t at, std::size_t count) {
    for (std::size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && precedes(*heap_[child + 1], *heap_[child])) ++child;
        if (!precedes(*heap_[child], *heap_[at])) return;
        std::swap(heap_[at], heap_[child]);
        at = child;
    }
}

// Unsorted, sources are compared by window alone, and equal ones count as equal: then the shape of
// the heap decides, as in InfluxDB. Sorted, auxiliary values decide between equal times, as long as
// both are strings; a value of another type ends the comparison.
bool MergePoints::precedes(const PointReader& a, const PointReader& b) const {
    const TaggedPoint& x = a.peek();
    const TaggedPoint& y = b.peek();
    const bool up = options_.ascending;
    if (x.tags->outer != y.tags->outer) return query::precedes(x.tags->outer, y.tags->outer, up);
    const bool by_window = !options_.is_sorted;
    const model::Timestamp left = by_window ? options_.window.start_of(x.point.time) : x.point.time;
    const model::Timestamp right =
        by_window ? options_.window.start_of(y.point.time) : y.point.time;
    if (left != right) return up ? left < right : left > right;
    if (by_window) return false;
    const Value* left_row = a.auxiliary(x.point);
    const Value* right_row = b.auxiliary(y.point);
    if (left_row == nullptr || right_row == nullptr) return false;
    for (std::size_t i = 0; i < options_.auxiliary_width; ++i) {
        if (left_row[i].kind() != Value::Kind::kString) return false;
        if (right_row[i].kind() != Value::Kind::kString) return false;
        if (left_row[i].as_string() == right_row[i].as_string()) continue;
        return up ? left_row[i].as_string() < right_row[i].as_string()
                  : left_row[i].as_string() > right_row[i].as_string();
    }
    return false;
}

}  // namespace sluice::query
