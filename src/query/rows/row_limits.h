// RowLimits knows how far away a row can be and still matter, when only the first n rows of a tag
// set are wanted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sluice/base/check.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

// It is fed with the rows of one store, or of all stores of a core where no series is shared: then
// a row of one store counts for the others, too. It keeps times only, so the rows of a tag set may
// come in any order of series.
class RowLimits {
public:
    // The limits are for tag sets [first, end). A `rows_max` of 0 means that there is none.
    RowLimits(std::uint32_t first, std::uint32_t end, std::uint64_t rows_max, bool ascending)
        : first_(first), rows_max_(rows_max), ascending_(ascending) {
        SLUICE_CHECK(first <= end);
        if (rows_max != 0) nearest_.resize(end - first);
    }

    bool enabled() const { return rows_max_ != 0; }
    std::uint64_t rows_max() const { return rows_max_; }

    // Returns whether enough rows are known that are strictly nearer than `t`. Rows of equal time
    // are never beyond, because their order is decided elsewhere.
    bool is_beyond(std::uint32_t tag_set, model::Timestamp t) const {
        if (rows_max_ == 0) return false;
        const std::vector<model::Timestamp>& heap = nearest_[tag_set - first_];
        if (heap.size() < rows_max_) return false;
        // The least timestamp that a point can have is above the least number, so -t exists.
        return ascending_ ? t > heap.front() : -t > heap.front();
    }
    void add(std::uint32_t tag_set, model::Timestamp t) {
        if (rows_max_ == 0) return;
        std::vector<model::Timestamp>& heap = nearest_[tag_set - first_];
        heap.push_back(ascending_ ? t : -t);
        std::push_heap(heap.begin(), heap.end());
        if (heap.size() <= rows_max_) return;
        std::pop_heap(heap.begin(), heap.end());
        heap.pop_back();
    }

private:
    std::uint32_t first_;
    std::uint64_t rows_max_;
    bool ascending_;
    // For each tag set a heap of the rows_max_ nearest times, the farthest on top. In a descending
    // answer times are negated.
    std::vector<std::vector<model::Timestamp>> nearest_;
};

}  // namespace sluice::query
