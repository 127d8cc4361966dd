// The points of several sources as one stream (query/iterator.gen.go: MergeIterator and
// SortedMergeIterator).
#pragma once

#include <memory>
#include <vector>

#include "query/point_cursor.h"
#include "query/window.h"

namespace sluice::query {

class MergePoints final : public PointCursor {
public:
    struct Options {
        bool ascending = true;
        std::size_t auxiliary_width = 0;
        // By time and auxiliary values; otherwise a source is read as far as the window goes.
        bool is_sorted = false;
        Window window;
    };
    MergePoints(std::vector<std::unique_ptr<PointCursor>> sources, const Options& options);

    io::Task<Result<bool>> next(PointBlock& block) override;

private:
    bool precedes(const PointReader& a, const PointReader& b) const;
    PointReader* nearest();

    const Options options_;
    std::vector<PointReader> sources_;
};

}  // namespace sluice::query
