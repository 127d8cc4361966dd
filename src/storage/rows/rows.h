// These are the rows of one series as scans, flushes and merges pass them on: RowSlice refers to
// columns, RowBuffer owns some, and RowSource is a stream of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/codec/column_chunk.h"
#include "sluice/io/task.h"
#include "sluice/model/timestamp.h"

namespace sluice::storage {

template <typename T>
std::span<const T> view_of(const PodVector<T>& values) {
    return {values.data(), values.size()};
}

// Rows [begin, begin + count) of a column. If none of them has a value, the slice is absent and
// says no type: the rows that gave the column its type may be deleted, and the field another one by
// now.
codec::ColumnSlice slice_column(const codec::ColumnSlice& column, std::size_t begin,
                                std::size_t count);

// Says what becomes of rows of equal series and time.
enum class EqualTimes : std::uint8_t {
    kMerge,  // one row: per field the value of the highest sequence
    // A row for each sequence of which a field is left, because what another store has of that
    // point may come between them.
    kKeepApart,
};

// The number of rows of one time that stay apart. If there are more, the oldest of them become one.
// A block has room for as many.
inline constexpr std::size_t kRowsApartMax = 64;

// A slice is consecutive rows of one series with times ascending. Rows of equal time stand in the
// order in which they were written, and a slice never ends between them. It owns nothing: what it
// refers to is valid as long as its source says.
struct RowSlice {
    std::span<const model::Timestamp> times;
    bool times_repeat = false;                 // some time may come more than once
    std::span<const std::uint64_t> sequences;  // empty: all rows have `sequence`
    std::uint64_t sequence = 0;
    std::vector<codec::ColumnSlice> columns;

    std::size_t rows() const { return times.size(); }
    std::uint64_t sequence_of(std::size_t row) const {
        return sequences.empty() ? sequence : sequences[row];
    }
    // Makes this slice rows [begin, begin + count) of `whole`.
    void assign(const RowSlice& whole, std::size_t begin, std::size_t count);
};

// A buffer holds rows that were copied together from several places. The first value that comes
// gives a column its type.
class RowBuffer {
public:
    void reset(std::size_t columns);
    std::size_t rows() const { return times_.size(); }

    // Copies rows [begin, begin + count) of `from`, which has as many columns.
    void append(const RowSlice& from, std::size_t begin, std::size_t count);
    // Adds several rows of the same time; of equal sequences the later candidate is the newer.
    struct Candidate {
        const RowSlice* slice;
        std::size_t row;
        std::uint64_t sequence() const { return slice->sequence_of(row); }
    };
    void append_merged(std::span<Candidate> candidates, EqualTimes treatment);

    // Makes `slice` refer to all rows, until the buffer changes. String values are not copied: the
    // one who filled the buffer keeps their owners alive.
    void view(RowSlice& slice) const;

private:
    struct Column {
        model::FieldType type = model::FieldType::kFloat;
        bool typed = false;
        PodVector<std::uint64_t> words;
        PodVector<std::string_view> texts;
        PodVector<std::uint8_t> flags;
        PodVector<std::uint64_t> validity;
        bool has_nulls = false;
    };
    void append_values(Column& column, const codec::ColumnSlice& whole, std::size_t begin,
                       std::size_t count);
    static void type_column(Column& column, model::FieldType type, std::size_t rows);
    static void append_nulls(Column& column, std::size_t rows, std::size_t count);
    static void append_validity(Column& column, std::size_t rows, const codec::ColumnSlice* from,
                                std::size_t count);
    void choose_winners(std::span<const Candidate> candidates);
    void append_row(std::span<const Candidate> candidates, std::size_t first, std::size_t end);

    PodVector<model::Timestamp> times_;
    PodVector<std::uint64_t> sequences_;
    std::vector<Column> columns_;
    std::size_t column_count_ = 0;
    bool times_repeat_ = false;
    PodVector<std::uint32_t> winners_;  // per column: the candidate whose value counts
};

// Statistics of a run that stand for its rows; see SeriesRun in scan.h.
struct RunStatistics {
    std::size_t rows = 0;
    model::Timestamp time_first = 0;
    model::Timestamp time_last = 0;
    // The number and the continuation of sums, as SeriesRun has them.
    std::uint64_t block = 0;
    bool sums_go_on = false;
    // Per column; count is rows or 0.
    std::vector<codec::ColumnStatistics> columns;
    std::vector<model::FieldType> types;
};

// A sorted stream of rows: series in key order, within a series times ascending.
//
//     while (source.state() != kEnd): if kLoad, co_await load(); then look at key() and slice(),
//     and consume(n) rows of it.
class RowSource {
public:
    enum class State : std::uint8_t {
        kLoad,        // load() must be awaited
        kRows,        // key() and slice() show the next rows
        kStatistics,  // key() and statistics() stand for the next rows; load() turns them to kRows
        kEnd,
    };

    virtual ~RowSource() = default;
    State state() const { return state_; }
    virtual std::string_view key() const = 0;
    const RowSlice& slice() const { return slice_; }
    const RunStatistics& statistics() const { return statistics_; }

    virtual io::Task<Result<void>> load() = 0;
    // Moves past the first `rows` rows of slice(). What was passed stays in memory until load(), so
    // a caller may refer to it until then.
    virtual void consume(std::size_t rows) = 0;
    // Moves past a kStatistics run as a whole.
    virtual void consume_statistics() {}
    // Returns roughly an upper bound of the rows that the current series still has, by which
    // writers choose whether the series gets blocks of its own.
    virtual std::uint64_t rows_ahead() const = 0;
    virtual std::size_t memory_bytes() const = 0;

protected:
    State state_ = State::kLoad;
    RowSlice slice_;
    RunStatistics statistics_;
};

}  // namespace sluice::storage
