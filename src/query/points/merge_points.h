// The points of several sources as one stream (query/iterator.gen.go: MergeIterator and
// SortedMergeIterator). Which of equal points comes first follows from the order of the sources and
// from Go's container/heap, which is done here step by step.
//
// The heap holds the sources that have a point, but not `taken_`, whose point was passed on last.
// Sorted, `taken_` goes back to the heap after each point. Unsorted, a source is read as far as its
// window goes before another one has its turn, as InfluxDB's MergeIterator does.
#pragma once

#include <memory>
#include <vector>

#include "query/expr/window.h"
#include "query/points/point_cursor.h"

namespace sluice::query {

class MergePoints final : public PointCursor {
public:
    struct Options {
        bool ascending = true;
        std::size_t auxiliary_width = 0;
        // Points are ordered by time and then by auxiliary values. Otherwise a source is read as
        // far as the window goes.
        bool is_sorted = false;
        Window window = {};
    };
    MergePoints(std::vector<std::unique_ptr<PointCursor>> sources, const Options& options);

    io::Task<Result<bool>> next(PointBlock& block) override;

private:
    bool precedes(const PointReader& a, const PointReader& b) const;
    bool is_in_window(const TaggedPoint& point) const;
    void push(PointReader* source);
    PointReader* pop();
    void sift_up(std::size_t at);
    void sift_down(std::size_t at, std::size_t count);

    const Options options_;
    std::vector<PointReader> sources_;
    std::vector<PointReader*> heap_;
    bool is_begun_ = false;
    PointReader* taken_ = nullptr;  // off the heap, with the point that was passed on last
    TaggedPoint last_;
};

}  // namespace sluice::query
