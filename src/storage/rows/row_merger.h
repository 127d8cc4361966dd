// A RowMerger makes one sorted stream of several: series in key order, and rows of equal time made
// one.
//
// Where sources do not overlap in time their rows are passed on as they lie, without a copy.
//
// next() works like this: sources whose state is kLoad are loaded; the least key among all sources
// is the series at hand, and current_ are the sources that have it. The source with the earliest
// row may be alone up to some time. If its rows up to then are many, they are shown as they lie,
// and consumed by the next call of next(), because the slice refers to them until then. If they are
// few, they are copied into buffer_, and so are rows of one time that several sources have, made
// one. A source's statistics are shown if no other source has rows among the times they stand for.
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
    // Says whether rows of equal time of a series stay apart (EqualTimes). An empty function means
    // that they never do.
    using KeepsApart = std::function<bool(std::string_view key)>;

    // All sources have the same columns in the same order.
    RowMerger(io::Reactor& reactor, std::vector<std::unique_ptr<RowSource>> sources,
              std::size_t columns, KeepsApart keeps_apart = {});

    // Moves to the next rows; false at the end.
    io::Task<Result<bool>> next();
    // Called when next() has shown statistics: it shows their rows next.
    void expand() { expanding_ = true; }

    // These show what next() found, until it is called again: rows of one series, or the statistics
    // of a run.
    std::string_view key() const { return key_; }
    bool is_statistics() const { return statistics_ != nullptr; }
    const RunStatistics& statistics() const { return *statistics_; }
    const RowSlice& rows() const { return slice_; }
    // Returns roughly an upper bound of the rows of the series from this run on.
    std::uint64_t rows_ahead() const { return rows_ahead_; }

    std::size_t memory_bytes() const;

private:
    bool must_load() const;
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
    // The source whose rows slice_ shows, and how many. They are consumed by the next next().
    RowSource* shown_ = nullptr;
    std::size_t shown_rows_ = 0;
    unsigned steps_ = 0;
    bool expanding_ = false;
    std::uint64_t rows_ahead_ = 0;
    std::vector<RowBuffer::Candidate> candidates_;
};

}  // namespace sluice::storage
