#include "query/aggregate/clock_windows.h"

#include <algorithm>

#include "sluice/base/check.h"

namespace sluice::query {
namespace {

bool contains(const Window::Span& span, model::Timestamp time) {
    return time >= span.begin && time < span.end;
}

// Returns the place of the first element of `flags` from `at` on that is not 0, or their number.
std::size_t next_set(std::span<const std::uint8_t> flags, std::size_t at) {
    while (at < flags.size() && flags[at] == 0) ++at;
    return at;
}

// The time by which a state is put under a window: a selector knows the time of its row, other
// states only that of the window they were made for.
model::Timestamp time_of(const AggregateCall& call, const Buckets& buckets, std::size_t i) {
    return is_selector(call.function) ? buckets.states[i].time : buckets.starts[i];
}

model::Timestamp start_of(const SelectPlan& plan, const AggregateCall& call, model::Timestamp start,
                          const AggregateState& state) {
    return is_selector(call.function) ? plan.window.start_of(state.time) : start;
}

void reverse(Buckets& buckets) {
    std::reverse(buckets.starts.begin(), buckets.starts.end());
    std::reverse(buckets.states.begin(), buckets.states.end());
}

// Windows that are at least an interval apart do not overlap. That is nearly always so, and then
// nothing needs to be walked through.
bool are_close(const Buckets& buckets, std::int64_t interval_ns) {
    return std::adjacent_find(buckets.starts.begin(), buckets.starts.end(),
                              [&](model::Timestamp a, model::Timestamp b) {
                                  return b - a < interval_ns;
                              }) != buckets.starts.end();
}

}  // namespace

bool may_overlap(const Window& window, model::Timestamp first, model::Timestamp last) {
    if (window.is_whole() || !window.has_zone()) return false;
    // No window is longer than two intervals: a change is only made up for where it is shorter than
    // one.
    const std::int64_t reach = 2 * window.interval_ns;
    if (window.interval_ns > model::kTimestampMax / 4 || first < model::kTimestampMin + reach ||
        last > model::kTimestampMax - reach) {
        return true;
    }
    return window.zone->changes_between(first - reach, last + reach);
}

// Ascending, a window stays open until a row lies outside of it, also from one run to the next.
// Descending, InfluxDB asks each row that ends a window for its own, so the rows are walked through
// from the last one and the result is turned around.
std::vector<WindowRows> windows_of_rows(const SelectPlan& plan,
                                        std::span<const model::Timestamp> times,
                                        std::span<const std::uint8_t> counts, Window::Span& open) {
    SLUICE_CHECK(counts.size() == times.size());
    std::vector<WindowRows> windows;
    const auto row_at = [&](model::Timestamp time) {
        return static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), time) -
                                        times.begin());
    };
    if (plan.ascending) {
        for (std::size_t row = next_set(counts, 0); row < times.size();) {
            if (!contains(open, times[row])) open = plan.window.span_of(times[row]);
            const std::size_t end = std::max(row_at(open.end), row + 1);
            windows.push_back({open.begin, row, end});
            row = next_set(counts, end);
        }
        return windows;
    }
    for (std::size_t end = times.size(); end > 0;) {
        if (counts[end - 1] == 0) {
            --end;
            continue;
        }
        const model::Timestamp begin = plan.window.start_of(times[end - 1]);
        windows.push_back({begin, std::min(row_at(begin), end - 1), end});
        end = windows.back().begin;
    }
    std::reverse(windows.begin(), windows.end());
    return windows;
}

// Windows that began later because of rows before them may turn out to be one: then their states
// are merged.
Buckets by_own_windows(const SelectPlan& plan, const AggregateCall& call, const Buckets& buckets) {
    Buckets own;
    for (std::size_t i = 0; i < buckets.starts.size(); ++i) {
        const model::Timestamp start = plan.window.start_of(time_of(call, buckets, i));
        const auto at = std::lower_bound(own.starts.begin(), own.starts.end(), start);
        const auto place = at - own.starts.begin();
        if (at != own.starts.end() && *at == start) {
            merge(call, own.states[static_cast<std::size_t>(place)], buckets.states[i]);
            continue;
        }
        own.starts.insert(at, start);
        own.states.insert(own.states.begin() + place, buckets.states[i]);
    }
    return own;
}

void join_overlapping(const SelectPlan& plan, const AggregateCall& call, Buckets& buckets) {
    SLUICE_CHECK(buckets.starts.size() == buckets.states.size());
    if (!are_close(buckets, plan.window.interval_ns)) return;
    if (!plan.ascending) reverse(buckets);
    // The list is made shorter in place: `kept` is the last state that stays.
    std::size_t kept = 0;
    Window::Span open = plan.window.span_of(time_of(call, buckets, 0));
    for (std::size_t next = 1; next < buckets.starts.size(); ++next) {
        const model::Timestamp time = time_of(call, buckets, next);
        AggregateState& state = buckets.states[kept];
        if (contains(open, time)) {
            merge(call, state, buckets.states[next]);
            buckets.starts[kept] = start_of(plan, call, buckets.starts[kept], state);
            continue;
        }
        open = plan.window.span_of(time);
        ++kept;
        buckets.starts[kept] = buckets.starts[next];
        buckets.states[kept] = buckets.states[next];
    }
    buckets.starts.resize(kept + 1);
    buckets.states.resize(kept + 1);
    if (!plan.ascending) reverse(buckets);
}

}  // namespace sluice::query
