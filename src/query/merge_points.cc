#include "query/merge_points.h"

namespace sluice::query {

MergePoints::MergePoints(std::vector<std::unique_ptr<PointCursor>> sources, const Options& options)
    : options_(options) {
    for (auto& source : sources) {
        sources_.emplace_back(std::move(source), options.auxiliary_width);
    }
}

io::Task<Result<bool>> MergePoints::next(PointBlock& block) {
    block.clear();
    while (block.points.size() < kPointsPerBlock) {
        bool is_due = false;
        for (const PointReader& source : sources_) is_due = is_due || source.needs_refill();
        if (is_due) {
            if (!block.points.empty()) break;
            for (PointReader& source : sources_) {
                if (!source.needs_refill()) continue;
                Result<void> read = co_await source.refill();
                if (!read.ok()) co_return std::move(read).error();
            }
        }
        PointReader* first = nearest();
        if (first == nullptr) break;
        TaggedPoint point = first->pop();
        point.point.auxiliary = block.add_row(first->auxiliary(point.point));
        block.points.push_back(point);
    }
    co_return !block.points.empty();
}

PointReader* MergePoints::nearest() {
    PointReader* nearest = nullptr;
    for (PointReader& source : sources_) {
        if (source.empty()) continue;
        if (nearest == nullptr || precedes(source, *nearest)) nearest = &source;
    }
    return nearest;
}

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
