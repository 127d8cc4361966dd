#include "query/aggregate/store_merger.h"

#include <algorithm>
#include <tuple>

#include "sluice/base/check.h"

namespace sluice::query {
namespace {

// Enough that the work for each run does not count, and few enough that what is copied for a run,
// one column after the other, stays in the cache until it is aggregated.
constexpr std::size_t kRowsPerRun = 4096;

// Returns the first row in [begin, end) whose time is not below `bound`. It is usually near, so the
// search goes in growing steps.
std::size_t find_time(const PodVector<model::Timestamp>& times, std::size_t begin, std::size_t end,
                      model::Timestamp bound) {
    std::size_t step = 1;
    std::size_t low = begin;
    while (low + step < end && times[low + step] < bound) {
        low += step;
        step *= 2;
    }
    const std::size_t high = std::min(low + step, end);
    return static_cast<std::size_t>(
        std::lower_bound(times.begin() + low, times.begin() + high, bound) - times.begin());
}

}  // namespace

// Sorting puts the pieces of one series side by side. The piece is compared last, so that the order
// does not depend on how the sort treats equal elements.
StoreMerger::StoreMerger(std::vector<PieceColumns> pieces) : pieces_(std::move(pieces)) {
    for (std::uint32_t piece = 0; piece < pieces_.size(); ++piece) {
        for (std::uint32_t i = 0; i < pieces_[piece].series.size(); ++i) {
            entries_.push_back({piece, i});
        }
        // All pieces come from one job, which reads the same fields everywhere.
        SLUICE_CHECK(piece == 0 || pieces_[piece].columns.size() == columns_.size());
        columns_.resize(pieces_[piece].columns.size());
    }
    std::sort(entries_.begin(), entries_.end(), [this](Entry a, Entry b) {
        const PieceColumns& x = pieces_[a.piece];
        const PieceColumns& y = pieces_[b.piece];
        return std::tie(series_of(a).tag_set, x.source, x.group, series_of(a).key, a.piece) <
               std::tie(series_of(b).tag_set, y.source, y.group, series_of(b).key, b.piece);
    });
}

bool StoreMerger::next_series() {
    cursors_.clear();
    if (next_entry_ == entries_.size()) return false;
    const Entry first = entries_[next_entry_];
    const PieceColumns& piece = pieces_[first.piece];
    tag_set_ = series_of(first).tag_set;
    key_ = series_of(first).key;
    for (; next_entry_ < entries_.size(); ++next_entry_) {
        const Entry entry = entries_[next_entry_];
        const PieceColumns& other = pieces_[entry.piece];
        const PieceColumns::Series& series = series_of(entry);
        if (series.tag_set != tag_set_ || other.source != piece.source ||
            other.group != piece.group || series.key != key_) {
            break;
        }
        if (series.begin != series.end) cursors_.push_back({&other, series.begin, series.end});
    }
    return true;
}

bool StoreMerger::next_run(storage::SeriesRun& run) {
    plan_rows();
    if (rows_ == 0) return false;
    fill_times();
    SLUICE_CHECK(times_.size() == rows_);
    run.series_key = key_;
    run.rows = rows_;
    run.time_first = times_[0];
    run.time_last = times_[rows_ - 1];
    run.times = {times_.data(), rows_};
    run.sequences = {};
    run.statistics.clear();
    run.columns.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        fill_column(i);
        run.columns.push_back(columns_[i].view);
    }
    return true;
}

// Which rows the run has, in the order of their times.
void StoreMerger::plan_rows() {
    rows_ = 0;
    stretches_.clear();
    places_.clear();
    while (rows_ < kRowsPerRun && !cursors_.empty()) {
        const auto nearest =
            std::min_element(cursors_.begin(), cursors_.end(),
                             [](const Cursor& a, const Cursor& b) { return a.time() < b.time(); });
        const PodVector<model::Timestamp>& times = nearest->piece->times;
        const model::Timestamp time = nearest->time();
        bool is_alone = nearest->at + 1 == nearest->end || times[nearest->at + 1] != time;
        // The time at which the first of the other stores has a row: up to it, the nearest store is
        // alone.
        model::Timestamp bound = model::kTimestampMax;
        for (const Cursor& each : cursors_) {
            if (&each == &*nearest) continue;
            is_alone = is_alone && each.time() != time;
            bound = std::min(bound, each.time());
        }
        if (!is_alone) {
            add_merged_row(time);
            continue;
        }
        const std::size_t end = std::min(nearest->end, nearest->at + kRowsPerRun - rows_);
        std::size_t stop = cursors_.size() == 1 ? end : find_time(times, nearest->at, end, bound);
        // Rows of one time within this store are a point that came in parts: the stretch ends
        // before them, and they are merged in the next turn of the loop.
        const auto twin = std::adjacent_find(times.begin() + nearest->at,
                                             times.begin() + std::min(stop + 1, nearest->end));
        stop = std::min(stop, static_cast<std::size_t>(twin - times.begin()));
        add_stretch(*nearest, stop - nearest->at);
    }
}

void StoreMerger::add_stretch(Cursor& cursor, std::size_t count) {
    // plan_rows() would not end otherwise.
    SLUICE_CHECK(count > 0 && cursor.at + count <= cursor.end);
    stretches_.push_back({cursor.piece, cursor.at, count});
    rows_ += count;
    cursor.at += count;
    if (cursor.at == cursor.end) {
        cursors_.erase(cursors_.begin() + (&cursor - cursors_.data()));
    }
}

// Takes all rows of one time from all stores; together they are one row.
void StoreMerger::add_merged_row(model::Timestamp time) {
    const std::size_t begin = places_.size();
    for (Cursor& cursor : cursors_) {
        for (; cursor.at < cursor.end && cursor.time() == time; ++cursor.at) {
            places_.push_back({cursor.piece, cursor.at});
        }
    }
    std::erase_if(cursors_, [](const Cursor& cursor) { return cursor.at == cursor.end; });
    // Sequences are given out once for all stores of the process, so they say which write was
    // later. The latest sequence comes first: find_value() takes the first row that has a value.
    std::stable_sort(places_.begin() + static_cast<std::ptrdiff_t>(begin), places_.end(),
                     [](const RowPlace& a, const RowPlace& b) {
                         return a.piece->sequences[a.row] > b.piece->sequences[b.row];
                     });
    SLUICE_CHECK(places_.size() > begin);
    stretches_.push_back({nullptr, begin, places_.size() - begin});
    ++rows_;
}

void StoreMerger::fill_times() {
    times_.clear();
    for (const Stretch& each : stretches_) {
        if (each.piece == nullptr) {
            const RowPlace& place = places_[each.begin];
            times_.push_back(place.piece->times[place.row]);
        } else {
            times_.append({each.piece->times.data() + each.begin, each.count});
        }
    }
}

// Returns the row that has the newest value of a column, or null if no row of that time has one. It
// is asked for each column, since a later write may have brought only some of the fields.
const StoreMerger::RowPlace* StoreMerger::find_value(const Stretch& merged,
                                                     std::size_t column) const {
    for (std::size_t i = merged.begin; i < merged.begin + merged.count; ++i) {
        if (places_[i].piece->columns[column].is_valid(places_[i].row)) return &places_[i];
    }
    return nullptr;
}

// Fills one column of the planned run. Its type is that of the first stretch that has a value.
// Values are copied stretch by stretch; bits of validity are made only if some row has none.
void StoreMerger::fill_column(std::size_t index) {
    Column& column = columns_[index];
    column.view = {};
    bool is_dense = true;
    for (const Stretch& each : stretches_) {
        const PieceColumns::Column* from = nullptr;
        if (each.piece != nullptr) {
            from = &each.piece->columns[index];
            is_dense = is_dense && !from->all_null && from->valid.empty();
        } else if (const RowPlace* place = find_value(each, index)) {
            from = &place->piece->columns[index];
        } else {
            is_dense = false;
        }
        if (from == nullptr || from->all_null) continue;
        column.view.all_null = false;
        column.view.type = from->type;
    }
    if (column.view.all_null) return;
    if (model::is_word_type(column.view.type)) {
        fill_values(index, &PieceColumns::Column::words, column.words);
        column.view.words = {column.words.data(), rows_};
    } else if (column.view.type == model::FieldType::kString) {
        fill_values(index, &PieceColumns::Column::texts, column.texts);
        column.view.texts = {column.texts.data(), rows_};
    } else {
        fill_values(index, &PieceColumns::Column::flags, column.flags);
        column.view.flags = {column.flags.data(), rows_};
    }
    if (is_dense) return;
    column.validity.clear();
    column.validity.append_copies((rows_ + 63) / 64, 0);
    std::size_t row = 0;
    const auto set = [&] { column.validity[row / 64] |= std::uint64_t{1} << (row % 64); };
    for (const Stretch& each : stretches_) {
        if (each.piece == nullptr) {
            if (find_value(each, index) != nullptr) set();
            ++row;
            continue;
        }
        const PieceColumns::Column& from = each.piece->columns[index];
        for (std::size_t i = 0; i < each.count; ++i, ++row) {
            if (from.is_valid(each.begin + i)) set();
        }
    }
    column.view.validity = column.validity.data();
}

template <typename T>
void StoreMerger::fill_values(std::size_t index, PodVector<T> PieceColumns::Column::*values,
                              PodVector<T>& out) {
    out.clear();
    for (const Stretch& each : stretches_) {
        if (each.piece == nullptr) {
            const RowPlace* place = find_value(each, index);
            out.push_back(place == nullptr ? T()
                                           : (place->piece->columns[index].*values)[place->row]);
            continue;
        }
        const PieceColumns::Column& from = each.piece->columns[index];
        if (from.all_null) {
            out.append_copies(each.count, T());
        } else {
            out.append({(from.*values).data() + each.begin, each.count});
        }
    }
    SLUICE_CHECK(out.size() == rows_);
}

}  // namespace sluice::query
