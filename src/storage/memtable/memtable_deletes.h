// MemtableDeletes applies deletes to the rows of a memtable, which lie in no order of series.
//
// A delete filter answers for one series at a time, while rows of all series lie mixed. So
// prepare() asks the filter about each series once and keeps the answer by the rank of the series;
// series under the same tombstones share one answer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "storage/memtable/memtable.h"
#include "storage/rows/delete_filter.h"

namespace sluice::storage {

class SeriesOrder;

// It is made for one pass or several over the rows of a table, each from the first row to the last.
class MemtableDeletes {
public:
    // All arguments but `filter` outlive the object, which is of no use before prepare() has ended.
    MemtableDeletes(DeleteFilter filter, const Memtable& table, const Head& head,
                    const SeriesOrder& order);

    // Asks the filter about the next series of the order that belong to the table's measurement,
    // and returns false when there are no more. Each call is short, so that the caller can yield
    // between calls.
    bool prepare();

    bool empty() const { return sets_.empty(); }
    // Returns whether a row is deleted. `rank` is the place of its series in the order.
    bool covers(std::uint32_t rank, std::uint32_t row, model::Timestamp time) {
        if (sets_.empty() || set_of_rank_[rank] == kUntouched) return false;
        const std::uint64_t sequence = sequence_of(row);
        for (const DeleteFilter::Span& each : sets_[set_of_rank_[rank]]) {
            if (each.range.contains(time) && sequence < each.sequence) return true;
        }
        return false;
    }

private:
    static constexpr std::uint32_t kUntouched = ~std::uint32_t{0};

    std::uint64_t sequence_of(std::uint32_t row) {
        const auto& runs = table_.sequence_runs();
        if (row < runs[run_].row_begin) run_ = 0;
        while (run_ + 1 < runs.size() && runs[run_ + 1].row_begin <= row) ++run_;
        return runs[run_].sequence;
    }

    DeleteFilter filter_;
    const Memtable& table_;
    const Head& head_;
    const SeriesOrder& order_;
    // For each rank the number of its set, as far as the filter has been asked. It stays empty as
    // long as no series is touched.
    PodVector<std::uint32_t> set_of_rank_;
    // Series under the same tombstones share a set.
    std::vector<std::vector<DeleteFilter::Span>> sets_;
    std::map<std::vector<std::uint64_t>, std::uint32_t> set_of_sequences_;  // of tombstones
    std::size_t run_ = 0;  // of the row asked about last
};

}  // namespace sluice::storage
