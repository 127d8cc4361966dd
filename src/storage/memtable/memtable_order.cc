#include "storage/memtable/memtable_order.h"

#include <algorithm>
#include <cstring>

#include "storage/memtable/memtable_deletes.h"
#include "storage/memtable/table_postings.h"

namespace sluice::storage {
namespace {

// Rows between looks at the clock: some 20 µs.
constexpr std::size_t kRowsPerLook = 8192;
constexpr std::uint32_t kRowsASeriesCosts = 16;
// Postings pay where the rows of a series are few among many: a step from row to row costs as much
// as looking at some ten rows in their order.
constexpr std::uint32_t kSeriesPerKeyMin = 16;
constexpr std::uint32_t kRowsWorthPostings = 16 * 1024;

// Returns the sequence of a row by its place. It searches, and is for the rare case of equal times.
std::uint64_t sequence_at(const Memtable& table, std::uint32_t place) {
    const std::uint32_t row =
        row_chunk::first_row(row_chunk::chunk_of_place(place)) + row_chunk::offset_of_place(place);
    const auto& runs = table.sequence_runs();
    const auto after = std::upper_bound(runs.begin(), runs.end(), row,
                                        [](std::uint32_t wanted, const Memtable::SequenceRun& run) {
                                            return wanted < run.row_begin;
                                        });
    SLUICE_CHECK(after != runs.begin());
    return (after - 1)->sequence;
}

model::Timestamp time_at(const Memtable& table, std::uint32_t place) {
    return table.times_chunk(row_chunk::chunk_of_place(place))[row_chunk::offset_of_place(place)];
}

// Orders the rows of one series by time, and rows of equal time by sequence. It returns whether
// some times are equal. Rows that came in order, which is usual, are only looked at.
bool sort_by_time(const Memtable& table, std::uint32_t* places, std::size_t count) {
    bool ascending = true;
    bool equal = false;
    model::Timestamp previous = time_at(table, places[0]);
    for (std::size_t i = 1; i < count; ++i) {
        const model::Timestamp time = time_at(table, places[i]);
        ascending &= time >= previous;
        equal |= time == previous;
        previous = time;
    }
    if (ascending && !equal) return false;
    struct Row {
        model::Timestamp time;
        std::uint64_t sequence;
        std::uint32_t place;
    };
    std::vector<Row> rows(count);
    for (std::size_t i = 0; i < count; ++i) {
        rows[i] = {time_at(table, places[i]), sequence_at(table, places[i]), places[i]};
    }
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        if (a.time != b.time) return a.time < b.time;
        return a.sequence != b.sequence ? a.sequence < b.sequence : a.place < b.place;
    });
    equal = false;
    for (std::size_t i = 0; i < count; ++i) {
        places[i] = rows[i].place;
        equal |= i != 0 && rows[i].time == rows[i - 1].time;
    }
    return equal;
}

// Rows places[begin, end) are of one time, the newest last. Moves those that have a field which no
// newer one has to the end of the range, and returns where they begin.
std::uint32_t drop_replaced(const Memtable& table, std::uint32_t* places, std::uint32_t begin,
                            std::uint32_t end) {
    std::vector<const MemtableColumn*> open;  // no row so far has them
    for (const MemtableColumn& each : table.columns()) open.push_back(&each);
    std::uint32_t first = end;
    for (std::uint32_t i = end; i-- > begin && !open.empty();) {
        const std::uint32_t place = places[i];
        const auto taken = std::erase_if(
            open, [place](const MemtableColumn* each) { return each->has_value(place); });
        if (taken != 0) places[--first] = place;
    }
    return first;
}

// Puts the rows of each series in the order of time. `kept` follows behind, since rows may fall
// out. The caller keeps `table`.
io::Task<void> order_by_time(io::Reactor& reactor, const Memtable& table, OrderedRows& ordered) {
    std::uint32_t kept = 0;
    std::uint32_t looked_at = 0;  // rows before the last look at the clock
    SLUICE_CHECK(ordered.series.empty() || ordered.series.back().end == ordered.places.size());
    std::uint32_t* const places = ordered.places.data();
    for (std::size_t s = 0; s < ordered.series.size(); ++s) {
        OrderedRows::Series& series = ordered.series[s];
        const bool equal = sort_by_time(table, places + series.begin, series.end - series.begin);
        const std::uint32_t begin = kept;
        // Rows only move forward: what is behind `kept` has been looked at.
        SLUICE_CHECK(kept <= series.begin && series.begin < series.end);
        if (!equal) {
            if (kept != series.begin) {
                std::memmove(places + kept, places + series.begin,
                             (series.end - series.begin) * sizeof(std::uint32_t));
            }
            kept += series.end - series.begin;
        } else {
            for (std::uint32_t i = series.begin; i < series.end;) {
                std::uint32_t end = i + 1;
                while (end < series.end &&
                       time_at(table, places[end]) == time_at(table, places[i])) {
                    ++end;
                }
                const std::uint32_t first = drop_replaced(table, places, i, end);
                ordered.times_repeat |= end - first > 1;
                std::memmove(places + kept, places + first, (end - first) * sizeof(std::uint32_t));
                kept += end - first;
                i = end;
            }
        }
        looked_at += kRowsASeriesCosts + kept - begin;
        series.begin = begin;
        series.end = kept;
        if (looked_at < kRowsPerLook) continue;
        looked_at = 0;
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    SLUICE_CHECK(kept <= ordered.places.size());
    ordered.places.resize_uninitialized(kept);
}

}  // namespace

DeleteScope delete_scope(const Head& head, const Memtable& table) {
    DeleteScope scope;
    scope.group = table.group();
    scope.measurement = head.series_index().measurement_name(table.measurement());
    scope.range = table.time_range();
    if (!table.sequence_runs().empty()) {
        scope.sequence_min = table.sequence_runs()[0].sequence;
        for (const Memtable::SequenceRun& each : table.sequence_runs()) {
            scope.sequence_min = std::min(scope.sequence_min, each.sequence);
            scope.sequence_max = std::max(scope.sequence_max, each.sequence);
        }
    }
    return scope;
}

io::Task<OrderedRows> order_rows(io::Reactor& reactor, std::shared_ptr<const Head> head,
                                 std::shared_ptr<const Memtable> table, std::uint32_t rows,
                                 const SeriesOrder& order, model::TimeRange range,
                                 DeleteFilter deletes) {
    // Appends go on meanwhile: rows behind the first `rows` are not looked at.
    SLUICE_CHECK(rows <= table->rows());
    OrderedRows ordered;
    if (deletes.covers_everything()) co_return ordered;
    MemtableDeletes deleted(std::move(deletes), *table, *head, order);
    while (deleted.prepare()) {
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    const bool all_times =
        range.begin <= table->time_range().begin && range.end >= table->time_range().end;
    // A counting sort by series. The first pass counts the rows of each series in next[rank + 1];
    // then the sums make next[rank] the place of its first row; the second pass puts each row there
    // and moves on.
    PodVector<std::uint32_t> next;
    next.append_copies(std::size_t{order.count(table->measurement())} + 1, 0);
    const auto wanted = [&](std::uint32_t chunk, std::uint32_t offset) {
        if (!all_times && !range.contains(table->times_chunk(chunk)[offset])) {
            return SeriesOrder::kNone;
        }
        const std::uint32_t rank = order.rank(table->series_chunk(chunk)[offset]);
        if (deleted.empty() || rank == SeriesOrder::kNone) return rank;
        const std::uint32_t row = row_chunk::first_row(chunk) + offset;
        return deleted.covers(rank, row, table->times_chunk(chunk)[offset]) ? SeriesOrder::kNone
                                                                            : rank;
    };
    for (std::uint32_t row = 0; row < rows;) {
        const std::uint32_t chunk = row_chunk::chunk_of(row);
        const std::uint32_t count = std::min(row_chunk::capacity(chunk), rows - row);
        for (std::uint32_t offset = 0; offset < count; ++offset) {
            const std::uint32_t rank = wanted(chunk, offset);
            if (rank != SeriesOrder::kNone) ++next[rank + 1];
        }
        row += count;
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    for (std::size_t rank = 1; rank < next.size(); ++rank) {
        if (next[rank] != 0) {
            ordered.series.push_back(
                {order.series(table->measurement(), static_cast<std::uint32_t>(rank - 1)),
                 next[rank - 1], next[rank - 1] + next[rank]});
        }
        next[rank] += next[rank - 1];
    }
    ordered.places.resize_uninitialized(next.back());
    for (std::uint32_t row = 0; row < rows;) {
        const std::uint32_t chunk = row_chunk::chunk_of(row);
        const std::uint32_t count = std::min(row_chunk::capacity(chunk), rows - row);
        for (std::uint32_t offset = 0; offset < count; ++offset) {
            const std::uint32_t rank = wanted(chunk, offset);
            if (rank != SeriesOrder::kNone) {
                ordered.places[next[rank]++] = chunk << row_chunk::kOffsetBits | offset;
            }
        }
        row += count;
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    co_await order_by_time(reactor, *table, ordered);
    co_return ordered;
}

io::Task<OrderedRows> order_rows_of(io::Reactor& reactor, std::shared_ptr<const Head> head,
                                    std::shared_ptr<Memtable> table, std::uint32_t rows,
                                    const std::vector<std::string>& keys, model::TimeRange range,
                                    DeleteFilter deletes) {
    const bool are_few = keys.size() <= head->series_index().series_count() / kSeriesPerKeyMin;
    if (rows < kRowsWorthPostings || !are_few) {
        const SeriesOrder order = SeriesOrder::pick(*head, keys);
        OrderedRows ordered =
            co_await order_rows(reactor, head, table, rows, order, range, std::move(deletes));
        co_return ordered;
    }
    OrderedRows ordered;
    if (deletes.covers_everything()) co_return ordered;
    const SeriesOrder order = SeriesOrder::pick_unranked(*head, keys);
    MemtableDeletes deleted(std::move(deletes), *table, *head, order);
    while (deleted.prepare()) {
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    TablePostings& postings = table->postings();
    co_await postings.carry_on(reactor);
    PodVector<std::uint32_t> found;  // of one series, from the last row back
    const std::uint32_t count = order.count(table->measurement());
    for (std::uint32_t rank = 0; rank < count; ++rank) {
        const model::SeriesId series = order.series(table->measurement(), rank);
        found.clear();
        for (std::uint32_t row = postings.last_row(series); row != TablePostings::kNone;
             row = postings.row_before(row)) {
            if (row < rows) found.push_back(row);
        }
        const auto begin = static_cast<std::uint32_t>(ordered.places.size());
        for (std::size_t i = found.size(); i-- > 0;) {
            const std::uint32_t place = row_chunk::place_of(found[i]);
            const model::Timestamp time = time_at(*table, place);
            if (!range.contains(time) || deleted.covers(rank, found[i], time)) continue;
            ordered.places.push_back(place);
        }
        const auto end = static_cast<std::uint32_t>(ordered.places.size());
        if (begin != end) ordered.series.push_back({series, begin, end});
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    co_await order_by_time(reactor, *table, ordered);
    co_return ordered;
}

}  // namespace sluice::storage
