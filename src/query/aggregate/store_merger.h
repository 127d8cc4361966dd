// A StoreMerger puts the rows of series that lie in several stores together, series by series. Each
// time has one row, which has for each field the value of the highest sequence.
//
// Rows are copied in stretches that come from one store. Only rows whose time another store has
// too, or that came in parts, are looked at one by one.
//
// A run is made in two steps: plan_rows() decides which rows it has, as a list of stretches; then
// each column is filled by walking through that list. So the comparison of times is done once and
// not for each column.
//
// What one store has of a series lies in one PieceColumns, since these are cut only between series.
// Its times ascend; equal ones are a point that was written in parts, which the store has kept
// apart.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "query/aggregate/piece_columns.h"
#include "sluice/storage/scan.h"

namespace sluice::query {

class StoreMerger {
public:
    explicit StoreMerger(std::vector<PieceColumns> pieces);

    // Moves to the next series, in the order of tag sets, sources, groups and keys, or returns
    // false at the end.
    bool next_series();
    std::uint32_t tag_set() const { return tag_set_; }
    std::string_view key() const { return key_; }

    // Fills `run` with the next rows of the series, ascending in time, or returns false at its end.
    // What `run` refers to is valid until the next call.
    bool next_run(storage::SeriesRun& run);

private:
    struct Entry {  // one series of one piece
        std::uint32_t piece;
        std::uint32_t series;
    };
    // How far the rows of one store have been taken.
    struct Cursor {
        const PieceColumns* piece;
        std::size_t at;
        std::size_t end;
        model::Timestamp time() const { return piece->times[at]; }
    };
    struct RowPlace {
        const PieceColumns* piece;
        std::size_t row;
    };
    // `count` rows of a piece from `begin` on; or, without a piece, one row merged of the places
    // [begin, begin + count).
    struct Stretch {
        const PieceColumns* piece;
        std::size_t begin;
        std::size_t count;
    };

    const PieceColumns::Series& series_of(Entry entry) const {
        return pieces_[entry.piece].series[entry.series];
    }
    void plan_rows();
    void add_stretch(Cursor& cursor, std::size_t count);
    void add_merged_row(model::Timestamp time);
    void fill_times();
    void fill_column(std::size_t index);
    template <typename T>
    void fill_values(std::size_t index, PodVector<T> PieceColumns::Column::*values,
                     PodVector<T>& out);
    const RowPlace* find_value(const Stretch& merged, std::size_t column) const;

    const std::vector<PieceColumns> pieces_;
    std::vector<Entry> entries_;
    std::size_t next_entry_ = 0;

    std::uint32_t tag_set_ = 0;
    std::string_view key_;
    std::vector<Cursor> cursors_;  // of the series; none is at its end

    // The run that is shown, and the memory of its columns, which the next run uses again.
    std::size_t rows_ = 0;
    std::vector<Stretch> stretches_;
    std::vector<RowPlace> places_;
    PodVector<model::Timestamp> times_;
    struct Column {
        PodVector<std::uint64_t> words;
        PodVector<std::string_view> texts;
        PodVector<std::uint8_t> flags;
        PodVector<std::uint64_t> validity;
        storage::ColumnView view;
    };
    std::vector<Column> columns_;
};

}  // namespace sluice::query
