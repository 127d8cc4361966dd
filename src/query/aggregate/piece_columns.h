// PieceColumns are the rows of many series of one piece, column by column, on their way to the core
// that merges them.
//
// They are filled on the core of the piece and moved, never copied: strings are views of `text`,
// which moves with them. Columns and not rows, because merging mostly copies stretches of a column
// as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/arena.h"
#include "sluice/base/pod_vector.h"
#include "sluice/model/field_type.h"
#include "sluice/model/timestamp.h"
#include "sluice/storage/scan.h"

namespace sluice::query {

struct PieceColumns {
    struct Series {
        std::string key;
        std::uint32_t tag_set = 0;
        std::size_t begin = 0;  // rows, ascending in time
        std::size_t end = 0;
    };
    // One of words, texts and flags is used, by type, and has an element per row. As long as no row
    // has a value, none of them is filled.
    struct Column {
        model::FieldType type = model::FieldType::kFloat;
        bool all_null = true;
        PodVector<std::uint64_t> words;
        PodVector<std::string_view> texts;  // in `text`
        PodVector<std::uint8_t> flags;
        // Element r is 1 where row r has a value; empty: every row has.
        PodVector<std::uint8_t> valid;

        bool is_valid(std::size_t row) const {
            return !all_null && (valid.empty() || valid[row] != 0);
        }
    };

    std::uint32_t source = 0;
    std::uint32_t group = 0;
    std::vector<Series> series;  // by key
    PodVector<model::Timestamp> times;
    PodVector<std::uint64_t> sequences;
    std::vector<Column> columns;
    Arena text{16 * 1024};

    // Adds rows to the last series, whose `end` moves with them.
    void append(const storage::SeriesRun& run);
    // Takes the rows of the last series out again.
    void forget_rows();
    std::uint64_t memory_bytes() const;
};

}  // namespace sluice::query
