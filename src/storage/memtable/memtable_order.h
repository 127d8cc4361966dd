// These functions put the rows of a memtable in the order of a segment: by series key, then time.
//
// Work that takes long for large heads is done in slices, between which the functions yield. Series
// are sorted first (SeriesOrder), and rows are then placed by a counting sort, which compares no
// keys.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"
#include "sluice/storage/head.h"
#include "storage/memtable/memtable.h"
#include "storage/memtable/series_order.h"
#include "storage/rows/delete_filter.h"

namespace sluice::storage {

struct OrderedRows {
    struct Series {
        model::SeriesId series;
        std::uint32_t begin;  // in places
        std::uint32_t end;
    };
    std::vector<Series> series;       // in key order; each has rows
    PodVector<std::uint32_t> places;  // row_chunk places, by (series, time, sequence)
    // Some rows are of equal series and time. Each of them has a field that no newer one has, so
    // they cannot be dropped before their fields are merged.
    bool times_repeat = false;
};

// Orders the first `rows` rows of `table` (which belongs to `head`) whose series is in `order` and
// whose time is in `range`. Rows that `deletes` covers are left out, and so are rows that newer
// ones of equal series and time replace as a whole.
io::Task<OrderedRows> order_rows(io::Reactor& reactor, std::shared_ptr<const Head> head,
                                 std::shared_ptr<const Memtable> table, std::uint32_t rows,
                                 const SeriesOrder& order, model::TimeRange range,
                                 DeleteFilter deletes);
// Does the same for the series of some keys, which are sorted. Where they are few, it goes from row
// to row of each series by the table's postings, and takes time by what it finds.
io::Task<OrderedRows> order_rows_of(io::Reactor& reactor, std::shared_ptr<const Head> head,
                                    std::shared_ptr<Memtable> table, std::uint32_t rows,
                                    const std::vector<std::string>& keys, model::TimeRange range,
                                    DeleteFilter deletes);
// Returns what is known of the rows of a memtable without looking at them, by which a DeleteFilter
// is narrowed down.
DeleteScope delete_scope(const Head& head, const Memtable& table);

}  // namespace sluice::storage
