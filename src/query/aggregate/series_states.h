// SeriesStates aggregates the rows of one series after the other, and folds the states of each
// series into a table when it ends.
//
// The states of a series are separate until it ends, because InfluxDB weighs whole series (see
// aggregate.h). Windows of a series come in the order of time, so only the last state of each call
// can change.
//
// Statistics may stand for rows in these cases: count() always; sums of integers always, if the
// field has the call's type; a float sum only if this block is the first of the window, or if its
// statistics continue the sum of the block that gave the state its sum (summed_block_); extremes
// and first() and last() if their value could not be selected anyway, or if neither the time nor
// other values of the row are wanted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/aggregate/aggregate_table.h"
#include "query/scan/row_condition.h"

namespace sluice::query {

class SeriesStates {
public:
    // Both outlive this object.
    SeriesStates(const SelectPlan& plan, AggregateTable& table);

    // Begins a series and ends the one before. `key` is copied if it is needed.
    void begin_series(std::uint32_t tag_set, std::string_view key);
    // Adds the rows of a run or, if `accepted` is given, those whose element is not 0. Times ascend
    // from call to call within a series.
    void add_run(const storage::SeriesRun& run, const std::vector<std::uint8_t>* accepted);
    // Says how a run that came as statistics can be used, if all of its rows pass.
    enum class StatisticsUse : std::uint8_t {
        kNone,  // none of its rows changes a state
        kAll,   // add_statistics() does what its rows would
        kRows,  // the rows themselves are needed
    };
    StatisticsUse judge(const storage::SeriesRun& run) const;
    void add_statistics(const storage::SeriesRun& run);
    void end_series();

private:
    // Does what add_run() does, where windows begin inside others: each call then has windows of
    // its own, because rows without a value for it open none.
    void add_overlapping(const storage::SeriesRun& run, const std::vector<std::uint8_t>* accepted);
    // Returns the state of a window, which may be new. Times ascend, so it is the last one or
    // behind it.
    AggregateState& state_at(std::uint32_t call, model::Timestamp start);
    bool can_sum(std::uint32_t call, const storage::SeriesRun& run, model::Timestamp start) const;
    StatisticsUse judge_call(std::uint32_t call, const storage::ColumnStatistics& statistics,
                             const storage::SeriesRun& run, model::Timestamp start) const;
    bool can_select(std::uint32_t call, model::Timestamp start, model::Timestamp time,
                    Value value) const;
    // Adds rows of a column without nulls, and returns the row that a selector selected, or
    // run.rows.
    std::size_t add_plain(std::uint32_t call, const storage::SeriesRun& run, std::size_t begin,
                          std::size_t end, model::Timestamp start,
                          const std::vector<std::uint8_t>* accepted);
    // Adds rows [begin, end) of a run, which are in the window that begins at `start`.
    void add_segment(std::uint32_t call, const storage::SeriesRun& run, std::size_t begin,
                     std::size_t end, model::Timestamp start,
                     const std::vector<std::uint8_t>* accepted);
    void keep_auxiliary(AggregateState& state, const std::vector<Value>& row);
    Value keep_text(Value value);

    const SelectPlan& plan_;
    AggregateTable& table_;
    const ScanColumns& columns_;
    const bool keeps_auxiliary_;

    bool in_series_ = false;
    std::uint32_t tag_set_ = 0;
    std::vector<Buckets> buckets_;  // by call, of this series
    // For each call, the window that the last row of this series is in, where windows may overlap.
    std::vector<Window::Span> open_;
    bool has_overlapping_ = false;
    std::vector<std::uint8_t> counts_;  // by row
    // For each call, the number of the statistics that the last state has its sum from, or none if
    // rows have been added since.
    std::vector<std::uint64_t> summed_block_;
    std::vector<Value> auxiliary_;         // rows of the states in buckets_, as wide as the next
    std::vector<Value> auxiliary_row_;     // of the row that is selected at the moment
    std::vector<std::string> tag_values_;  // by auxiliary input
    std::string series_key_;               // the last of auxiliary_row_
    Arena text_{4 * 1024};  // the strings of states and auxiliary rows, until the series ends
};

}  // namespace sluice::query
