// Where clocks are set back, windows begin inside others: which of them a row belongs to goes by
// the rows that came before it, as in query/iterator.gen.go (ReduceIterator).
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

// Whether windows that hold times of [first, last] may begin inside others.
bool may_overlap(const Window& window, model::Timestamp first, model::Timestamp last);

// The windows of those rows whose element of `counts` is not 0, in the order of time: the first row
// that a query reads opens one, and what follows is in it until a row is not. `open` is the window
// that earlier runs of the series left open; only ascending queries go on with it.
std::vector<WindowRows> windows_of_rows(const SelectPlan& plan,
                                        std::span<const model::Timestamp> times,
                                        std::span<const std::uint8_t> counts, Window::Span& open);

// A state of one series is found by the window that its time alone has, be that its start or the
// time of a row selected.
Buckets by_own_windows(const SelectPlan& plan, const AggregateCall& call, const Buckets& buckets);

// Merges states of a tag set that InfluxDB, reading them in the order of the query, takes for parts
// of one window.
void join_overlapping(const SelectPlan& plan, const AggregateCall& call, Buckets& buckets);

}  // namespace sluice::query
