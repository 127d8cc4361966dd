// A Memtable holds the rows of one measurement in one shard group of a head, in the order in which
// they were acknowledged.
//
// Columns grow in chunks that never move, so a scan reads rows [0, n) while more are appended. All
// columns share the boundaries of chunks. The first chunks are small, so that thousands of
// measurements with a handful of rows each stay cheap. Rows are never changed or removed: deletes
// and repeated points are resolved when the rows are put in order (memtable_order.h).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/arena.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"
#include "sluice/model/field_type.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/series_index.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::storage {

class Head;
class TablePostings;

// The places of rows. Chunks have 16, 16, 32, 64 ... 4096 rows, and then 8192 each, which is 64 KiB
// of words.
namespace row_chunk {

inline constexpr std::uint32_t kOffsetBits = 13;
inline constexpr std::uint32_t kRowsMax = 1u << kOffsetBits;
inline constexpr std::uint32_t kRowsMin = 16;
inline constexpr std::uint32_t kFirstFull = 10;  // index of the first chunk of kRowsMax rows

constexpr std::uint32_t capacity(std::uint32_t chunk) {
    if (chunk >= kFirstFull) return kRowsMax;
    return chunk == 0 ? kRowsMin : kRowsMin << (chunk - 1);
}
constexpr std::uint32_t first_row(std::uint32_t chunk) {
    if (chunk >= kFirstFull) return (chunk - kFirstFull + 1) * kRowsMax;
    return chunk == 0 ? 0 : kRowsMin << (chunk - 1);
}
constexpr std::uint32_t chunk_of(std::uint32_t row) {
    if (row >= kRowsMax) return row / kRowsMax - 1 + kFirstFull;
    return static_cast<std::uint32_t>(std::bit_width(row / kRowsMin));
}
// Returns chunk and offset in one word. A sorted order of rows is a list of such places.
constexpr std::uint32_t place_of(std::uint32_t row) {
    const std::uint32_t chunk = chunk_of(row);
    return chunk << kOffsetBits | (row - first_row(chunk));
}
constexpr std::uint32_t chunk_of_place(std::uint32_t place) {
    return place >> kOffsetBits;
}
constexpr std::uint32_t offset_of_place(std::uint32_t place) {
    return place & (kRowsMax - 1);
}
static_assert(chunk_of(0) == 0 && chunk_of(15) == 0 && chunk_of(16) == 1 && chunk_of(32) == 2);
static_assert(chunk_of(kRowsMax - 1) == kFirstFull - 1 && chunk_of(kRowsMax) == kFirstFull);
static_assert(first_row(kFirstFull) == kRowsMax && first_row(kFirstFull + 1) == 2 * kRowsMax);

}  // namespace row_chunk

struct MemtableColumn {
    struct Chunk {
        // The elements, of 8 bytes (words), 16 (string views) or 1 (booleans). nullptr means that
        // no row has a value.
        std::byte* values;
        // A bit per row says whether it has a value. nullptr means that all rows below `filled`
        // have one. Rows from `filled` on have none: other rows were appended without this field.
        std::uint64_t* validity;
        std::uint32_t filled;

        bool is_valid(std::uint32_t offset) const {
            if (offset >= filled) return false;
            return validity == nullptr || ((validity[offset / 64] >> (offset % 64)) & 1) != 0;
        }
    };

    std::string name;
    model::FieldType type;
    PodVector<Chunk> chunks;  // may be shorter than the table's

    // `place` is that of a row (row_chunk).
    bool has_value(std::uint32_t place) const {
        const std::uint32_t chunk = row_chunk::chunk_of_place(place);
        return chunk < chunks.size() && chunks[chunk].is_valid(row_chunk::offset_of_place(place));
    }
};

std::size_t element_bytes(model::FieldType type);

class Memtable {
public:
    // `id` numbers the memtables of a head as the log names them.
    Memtable(Head& head, std::uint32_t id, model::ShardGroupId group,
             model::MeasurementId measurement);
    ~Memtable();
    Memtable(const Memtable&) = delete;
    Memtable& operator=(const Memtable&) = delete;

    std::uint32_t id() const { return id_; }
    model::ShardGroupId group() const { return group_; }
    model::MeasurementId measurement() const { return measurement_; }

    // Returns the memtable's column for each column of `table`, and adds columns that are new. The
    // result is valid until the next call. It fails with kConflict when a column of that name has
    // another type, and then nothing was added.
    Result<const PodVector<std::uint32_t>*> map_columns(const model::BatchTable& table);

    // Adds the rows of `table`. Strings are copied, since the request body they lie in goes away.
    Result<void> append(const model::BatchTable& table, std::uint64_t sequence);

    std::uint32_t rows() const { return rows_; }
    std::uint64_t values() const { return values_; }
    std::size_t memory_bytes() const { return memory_bytes_; }
    // Returns the times of the rows as a half-open range, which is empty when there are no rows.
    model::TimeRange time_range() const { return {time_min_, time_end_}; }
    const std::vector<MemtableColumn>& columns() const { return columns_; }
    // kNoColumn when absent.
    static constexpr std::uint32_t kNoColumn = ~std::uint32_t{0};
    std::uint32_t find_column(std::string_view name) const;

    const model::SeriesId* series_chunk(std::uint32_t chunk) const { return chunks_[chunk].series; }
    const model::Timestamp* times_chunk(std::uint32_t chunk) const { return chunks_[chunk].times; }

    // The rows from row_begin to that of the next run have `sequence`. A batch has one sequence for
    // all of its rows, so runs are few.
    struct SequenceRun {
        std::uint64_t sequence;
        std::uint32_t row_begin;
    };
    const PodVector<SequenceRun>& sequence_runs() const { return sequences_; }

    // The definitions of this memtable that the log has already (wal_encoder.h).
    struct LogMark {
        std::uint64_t epoch = 0;
        std::uint32_t columns = 0;
    };
    LogMark& log_mark() { return log_mark_; }

    // Ask for what the next append needs to be brought into the cache of the CPU: the object, and
    // then what it points to.
    void fetch() const {
        for (std::size_t at = 0; at < sizeof(Memtable); at += 64) {
            __builtin_prefetch(reinterpret_cast<const char*>(this) + at);
        }
    }
    void fetch_parts() const {
        __builtin_prefetch(map_.data());
        if (!chunks_.empty()) __builtin_prefetch(&chunks_.back());
        if (!sequences_.empty()) __builtin_prefetch(&sequences_.back() + 1, 1);
        constexpr std::size_t kColumns = 4;
        const auto* const columns = reinterpret_cast<const char*>(columns_.data());
        const std::size_t bytes = std::min(columns_.size(), kColumns) * sizeof(MemtableColumn);
        for (std::size_t at = 0; at < bytes; at += 64) __builtin_prefetch(columns + at);
    }

    // What queries have found out of its series. It is made by the first call.
    TablePostings& postings();
    // Memory that belongs to the memtable and was not taken by it.
    void add_memory(std::size_t bytes) { account(bytes); }

private:
    struct RowChunk {
        model::SeriesId* series;
        model::Timestamp* times;
    };

    void append_rows(const model::BatchTable& table, std::uint32_t from, std::uint32_t count,
                     const PodVector<std::uint32_t>& map);
    void append_column(MemtableColumn& column, std::uint32_t chunk, std::uint32_t offset,
                       const model::BatchColumn& source, std::uint32_t from, std::uint32_t count);
    void* allocate(std::size_t bytes);
    void account(std::size_t bytes);

    Head& head_;
    std::uint32_t id_;
    model::ShardGroupId group_;
    model::MeasurementId measurement_;
    std::uint32_t rows_ = 0;
    std::uint64_t values_ = 0;
    std::size_t memory_bytes_ = 0;
    model::Timestamp time_min_ = 0;
    model::Timestamp time_end_ = 0;
    PodVector<RowChunk> chunks_;
    std::vector<MemtableColumn> columns_;
    std::map<std::string, std::uint32_t, std::less<>> column_names_;
    PodVector<std::uint32_t> map_;
    PodVector<SequenceRun> sequences_;
    PodVector<void*> allocations_;
    // Texts live as long as the rows. The arena takes memory with the first string only.
    Arena texts_{4 * 1024};
    LogMark log_mark_;
    std::unique_ptr<TablePostings> postings_;
};

}  // namespace sluice::storage
