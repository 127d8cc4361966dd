// The points of one write request in columns: what the parser fills, the WAL encodes and the
// memtable appends.
//
// A table holds the rows of one measurement in one shard group: series, time and one typed column
// per field, in the order of the request's lines. A batch is reused: clear() keeps its memory.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/arena.h"
#include "sluice/base/place_table.h"
#include "sluice/base/pod_vector.h"
#include "sluice/model/field_type.h"
#include "sluice/model/series_index.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::model {

// One field of a table. `filled` rows hold a value or a null; a column may be shorter than its
// table until finish(). Exactly one of words, texts, flags is used, by type.
struct BatchColumn {
    std::string name;  // unescaped
    FieldType type = FieldType::kFloat;
    std::uint32_t filled = 0;
    // False as long as no row lacks the field; then `validity` is empty. Else bit r of
    // validity[r / 64] says whether row r has a value.
    bool has_nulls = false;
    PodVector<std::uint64_t> validity;

    PodVector<std::uint64_t> words;     // kFloat (bits), kInteger, kUnsigned
    PodVector<std::string_view> texts;  // kString: into the request body or the batch's arena
    PodVector<std::uint8_t> flags;      // kBoolean: 0 or 1

    bool is_valid(std::uint32_t row) const {
        return !has_nulls || ((validity[row / 64] >> (row % 64)) & 1) != 0;
    }

    // Set the value of `row`, the last row of the table. A second value for the same row replaces
    // the first, as InfluxDB does with a field named twice in a line.
    void set_word(std::uint32_t row, std::uint64_t value) {
        if (filled != row) [[unlikely]]
            make_room(row);
        words.push_back(value);
        mark(row);
    }
    void set_text(std::uint32_t row, std::string_view value) {
        if (filled != row) [[unlikely]]
            make_room(row);
        texts.push_back(value);
        mark(row);
    }
    void set_flag(std::uint32_t row, bool value) {
        if (filled != row) [[unlikely]]
            make_room(row);
        flags.push_back(value ? 1 : 0);
        mark(row);
    }

    // Returns whether any row has a value. It is called after finish().
    bool has_values() const;
    // Fills nulls up to `rows`.
    void pad_to(std::uint32_t rows);
    // Forgets values of rows >= `rows`.
    void truncate_to(std::uint32_t rows);
    void clear();

private:
    void make_room(std::uint32_t row);
    void mark(std::uint32_t row) {
        filled = row + 1;
        if (has_nulls) [[unlikely]]
            set_valid(row);
    }
    void set_valid(std::uint32_t row);
};

struct BatchTable {
    MeasurementId measurement = 0;  // in the SeriesIndex the batch was parsed against
    ShardSlot shard;                // group 0: the catalog must make the group first
    PodVector<SeriesId> series;
    PodVector<Timestamp> times;
    PodVector<std::uint32_t> lines;  // line number of each row in the request, from 1
    // Sorted by first appearance. Two columns of one name differ in type; at most one of them
    // survives the schema check.
    std::vector<BatchColumn> columns;
    std::uint32_t column_count = 0;  // columns in use; the rest keep memory for later requests

    std::uint32_t rows() const { return static_cast<std::uint32_t>(series.size()); }
    // Values and nulls, as finish() leaves them.
    std::uint64_t cell_count() const { return std::uint64_t{rows()} * column_count; }

    // Finds or adds a column.
    BatchColumn& column(std::string_view name, FieldType type);
    // Undoes rows >= `rows` (a line that turned out to be bad after some of its fields were set).
    void truncate_to(std::uint32_t rows);
    // Removes the rows whose bit in `drop` is set; columns that lose all values stay, all null.
    void drop_rows(const std::vector<bool>& drop);
    // Removes columns without any value. After finish().
    void remove_empty_columns();
    void clear();
    std::size_t memory_bytes() const;

private:
    std::uint32_t find_column(std::string_view name, FieldType type);

    PlaceTable places_;  // of the columns in use, where they are many
};

class PointBatch {
public:
    // The table for a measurement and shard group, made when absent. The reference is valid until
    // clear(): tables do not move.
    BatchTable& table(MeasurementId measurement, const ShardSlot& shard);

    std::size_t table_count() const { return table_count_; }
    BatchTable& table_at(std::size_t index) { return tables_[index]; }
    const BatchTable& table_at(std::size_t index) const { return tables_[index]; }

    std::uint64_t row_count() const;
    std::uint64_t cell_count() const;
    // Values present, nulls not counted.
    std::uint64_t value_count() const;

    // For unescaped strings that are not in the request body as they are.
    Arena& text() { return text_; }

    // For loops over the tables: brings those soon after `place` into the cache of the CPU. Where a
    // batch has thousands, each with a row or two, waiting for them one by one is most of its cost.
    void fetch_ahead(std::size_t place) const;

    // Pads all columns to the length of their table. Called once after parsing.
    void finish();
    // Removes tables without rows; table() is not called again before clear().
    void remove_empty_tables();
    void clear();
    std::size_t memory_bytes() const;

private:
    std::uint32_t find_table(MeasurementId measurement, const ShardSlot& shard);

    std::deque<BatchTable> tables_;
    std::size_t table_count_ = 0;
    // measurement -> index of the table last used for it, plus one.
    PodVector<std::uint32_t> recent_;
    PlaceTable places_;  // of all tables, where they are many
    Arena text_;
};

}  // namespace sluice::model
