// Where clocks are set back, windows begin inside others. The rows that were read before a row then
// decide which of these windows it belongs to, as in query/iterator.gen.go (ReduceIterator).
//
// The start of a window is computed from local time. Where local time repeats itself, two windows
// may have times in common, and the time of a row alone does not say which of them it belongs to.
// Everywhere else windows follow each other without gaps, and it does.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/aggregate/aggregate_table.h"
#include "query/scan/select_plan.h"

namespace sluice::query {

// Rows [begin, end) of a run.
struct WindowRows {
    model::Timestamp start;
    std::size_t begin;
    std::size_t end;
};

// Returns whether windows that hold times of [first, last] may begin inside others. Only then is
// anything of this file needed.
bool may_overlap(const Window& window, model::Timestamp first, model::Timestamp last);

// Returns the windows of the rows whose element of `counts` is not 0, in the order of time. The
// first row that a query reads opens a window, and the rows that follow are in it until one lies
// outside. `open` is the window that earlier runs of the series left open; only ascending queries
// go on with it.
std::vector<WindowRows> windows_of_rows(const SelectPlan& plan,
                                        std::span<const model::Timestamp> times,
                                        std::span<const std::uint8_t> counts, Window::Span& open);

// Puts each state of one series under the window that its own time has, without regard to the rows
// before. Its time is the start of its window or, for selectors, the time of the selected row.
Buckets by_own_windows(const SelectPlan& plan, const AggregateCall& call, const Buckets& buckets);

// Merges states of a tag set that InfluxDB, reading them in the order of the query, takes for parts
// of one window.
void join_overlapping(const SelectPlan& plan, const AggregateCall& call, Buckets& buckets);

}  // namespace sluice::query
