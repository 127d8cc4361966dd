// Reading a store: the rows of one measurement in one shard group, series by series.
//
// A scan merges what the store holds of them (active head, frozen head, segments) into one stream:
// series in order of their key bytes, rows of a series in ascending time, one row per time (but see
// ScanSpec::keeps_apart). Where the same series and time were written more than once, the row has,
// field by field, the value of the highest sequence.
//
// A scan sees exactly what was acknowledged when it was made, whatever is written, flushed, merged
// or dropped meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/model/field_type.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::storage {

struct ScanSpec {
    model::ShardGroupId group = 0;
    std::string measurement;  // unescaped
    // Unescaped; SeriesRun::columns follows this order. None: only times are read, of all rows.
    std::vector<std::string> fields;
    model::TimeRange range;
    // Canonical keys wanted, sorted and distinct; nothing stands for every series.
    std::optional<std::vector<std::string>> series;
    bool with_sequences = false;
    // Series that another store holds too. What was written to one of their points in several
    // batches stays apart, as rows of equal time, each with its sequence, so that the caller can
    // merge field by field. Needs with_sequences; empty: no series.
    std::function<bool(std::string_view key)> keeps_apart;
    // A run may be a whole block's statistics instead of its rows; Scan::expand() asks for these.
    bool statistics_allowed = false;
    // Where not 0: of each series no more than so many rows that have a value are wanted, the
    // earliest, or the latest. Others may be left out, or come all the same. What counts as a value
    // is of a type in `value_kinds`, by field, where numbers of all types are one.
    std::uint64_t rows_wanted = 0;
    bool latest_wanted = false;
    std::vector<model::FieldType> value_kinds;
};

// One field of a run. Exactly one of words, texts, flags is used, by type; where a row has no value
// its element is unspecified.
struct ColumnView {
    model::FieldType type = model::FieldType::kFloat;
    // No row of this run has the field; the type is not known and the spans are empty.
    bool all_null = true;
    std::span<const std::uint64_t> words;     // kFloat (bits), kInteger, kUnsigned
    std::span<const std::string_view> texts;  // kString
    std::span<const std::uint8_t> flags;      // kBoolean: 0 or 1
    // Bit validity_offset + r says whether row r has a value; nullptr: every row has.
    const std::uint64_t* validity = nullptr;
    std::uint32_t validity_offset = 0;

    bool is_valid(std::size_t row) const {
        if (validity == nullptr) return !all_null;
        const std::size_t bit = validity_offset + row;
        return ((validity[bit / 64] >> (bit % 64)) & 1) != 0;
    }
};

// What a run's rows hold of one field, without the rows. Words are read by type; min, max and sum
// are meaningful for numbers only. Every row of the run has a value, or none has (count 0).
struct ColumnStatistics {
    model::FieldType type = model::FieldType::kFloat;
    std::uint64_t count = 0;
    std::uint64_t min = 0;
    std::uint64_t max = 0;
    std::uint64_t sum = 0;
    std::uint64_t first = 0;  // the value at SeriesRun::time_first
    std::uint64_t last = 0;   // the value at SeriesRun::time_last
};

// Consecutive rows of one series. A row may lack all of the fields asked for; a run in which every
// row does is left out. Everything it shows is valid until the next call of next().
struct SeriesRun {
    std::string_view series_key;
    std::size_t rows = 0;
    model::Timestamp time_first = 0;
    model::Timestamp time_last = 0;

    // A run of rows.
    std::span<const model::Timestamp> times;
    std::span<const std::uint64_t> sequences;  // when the scan asked for them
    std::vector<ColumnView> columns;           // one per ScanSpec::fields

    // A run answered from statistics: `statistics` is not empty, one per ScanSpec::fields, and
    // times, sequences and columns are empty.
    std::vector<ColumnStatistics> statistics;
    // Tells these statistics from others of the scan. Where `sums_go_on`, sums of floats are those
    // of the values here added one by one to the sum of the statistics whose number is one less:
    // rounding shows in which order values are added.
    std::uint64_t block = 0;
    bool sums_go_on = false;

    bool is_statistics() const { return !statistics.empty(); }
};

class ScanState;

// Made by Store::scan(); used on the store's parts. It may outlive flushes, compactions and drops,
// but not the store. One next() at a time; destroyed only when none is running.
class Scan {
public:
    explicit Scan(std::unique_ptr<ScanState> state);
    Scan(Scan&&) noexcept;
    Scan& operator=(Scan&&) noexcept;
    ~Scan();

    // Fills `run` with the next rows; false when there are no more. Works in time slices: it gives
    // way to other work of the core by itself. kIo: the rest cannot be read now, for want of
    // descriptors, say. What is damaged is left out and counted.
    io::Task<Result<bool>> next(SeriesRun& run);
    // Blocks left out so far because they are damaged or the device does not give them back; a
    // segment that is gone counts as one, whatever it held. The store's health names them.
    std::uint64_t blocks_missing() const;

    // next() showed statistics: its next call shows the rows they stand for.
    void expand();

    // Memory held by the scan, for the query's budget.
    std::size_t memory_bytes() const;

private:
    std::unique_ptr<ScanState> state_;
};

}  // namespace sluice::storage
