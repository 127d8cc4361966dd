// One sorted stream out of several: series in key order, rows of equal time made one.
//
// Where sources do not overlap in time their rows are passed on as they lie, without a copy.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/io/reactor.h"
#include "storage/rows/rows.h"

namespace sluice::storage {

class RowMerger {
public:
    // Whether rows of equal time of a series stay apart (EqualTimes); empty: of none.
    using KeepsApart = std::function<bool(std::string_view key)>;

    // All sources have the same columns in the same order.
    RowMerger(io::Reactor& reactor, std::vector<std::unique_ptr<RowSource>> sources,
              std::size_t columns, KeepsApart keeps_apart = {});

    // Moves to the next rows; false at the end.
    io::Task<Result<bool>> next();
    // What next() found are statistics: it shows their rows next.
    void expand() { expanding_ = true; }

    // What next() found, valid until it is called again: rows of one series, or a run's statistics.
    std::string_view key() const { return key_; }
    bool is_statistics() const { return statistics_ != nullptr; }
    const RunStatistics& statistics() const { return *statistics_; }
    const RowSlice& rows() const { return slice_; }
    // An upper bound, roughly, of the rows of the series from this run on.
    std::uint64_t rows_ahead() const { return rows_ahead_; }

    std::size_t memory_bytes() const;

private:
    io::Task<Result<void>> load_all();
    void finish_run();
    void choose_series();
    bool merge_rows();
    bool statistics_begin_at(model::Timestamp time) const;
    void merge_rows_at(model::Timestamp time);

    io::Reactor& reactor_;
    std::vector<std::unique_ptr<RowSource>> sources_;
    std::size_t columns_;
    KeepsApart keeps_apart_;
    std::vector<RowSource*> current_;  // sources that have rows of key_
    std::string key_;
    RowSlice slice_;
    RowBuffer buffer_;
    const RunStatistics* statistics_ = nullptr;
    // Rows that slice_ shows without having been consumed.
    RowSource* shown_ = nullptr;
    std::size_t shown_rows_ = 0;
    bool expanding_ = false;
    std::uint64_t rows_ahead_ = 0;
    std::vector<RowBuffer::Candidate> candidates_;
};

}  // namespace sluice::storage
