// These functions put the rows of a memtable in the order of a segment: by series key, then time.
//
// Work that takes long for large heads is done in slices, between which the functions yield. Series
// are sorted once for a whole head (SeriesOrder), and rows are then placed by a counting sort,
// which compares no keys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"
#include "sluice/storage/head.h"
#include "storage/memtable/memtable.h"
#include "storage/rows/delete_filter.h"

namespace sluice::storage {

// The series of one head, by measurement, in the order of their keys. It is made once per flush or
// scan, and knows the series that the head had then.
class SeriesOrder {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    // Sorts all series that the head has now, of one measurement or, without one, of all.
    static io::Task<SeriesOrder> sort(io::Reactor& reactor, std::shared_ptr<const Head> head,
                                      std::optional<model::MeasurementId> measurement);
    // Takes those of the `keys`, which are sorted, that the head knows.
    static SeriesOrder pick(const Head& head, const std::vector<std::string>& keys);
    // The same without ranks: to go from ranks to series only.
    static SeriesOrder pick_unranked(const Head& head, const std::vector<std::string>& keys);

    // Returns the position of a series among those of its measurement, or kNone if it is not in the
    // order.
    std::uint32_t rank(model::SeriesId series) const {
        return series < ranks_.size() ? ranks_[series] : kNone;
    }
    std::uint32_t count(model::MeasurementId measurement) const {
        return measurement < sorted_.size()
                   ? static_cast<std::uint32_t>(sorted_[measurement].size())
                   : 0;
    }
    model::SeriesId series(model::MeasurementId measurement, std::uint32_t rank) const {
        return sorted_[measurement][rank];
    }
    std::size_t memory_bytes() const;

private:
    PodVector<std::uint32_t> ranks_;                  // by series id
    std::vector<PodVector<model::SeriesId>> sorted_;  // by measurement id
};

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
