// Reading a store: the rows of one measurement in one shard group, series by series.
//
// A scan merges what the store holds of them (active head, frozen head, segments) into one stream:
// series in order of their key bytes, rows of a series in ascending time, one row per time (but see
// ScanSpec::keeps_apart). Where the same series and time were written more than once, the row has,
// field by field, the value of the highest sequence.
//
// A scan sees exactly what was acknowledged when it was made, whatever is written, flushed, merged,
// handed over or dropped meanwhile. Scans of several stores that have one view see each row in one
// of them.
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
#include "sluice/storage/neighbours.h"

namespace sluice::storage {

struct ScanSpec {
    model::ShardGroupId group = 0;
    std::string measurement;  // unescaped
    // The names of the fields wanted, unescaped, in the order that SeriesRun::columns will have.
    // Without any, the scan reads the times of all rows and nothing else.
    std::vector<std::string> fields;
    model::TimeRange range;
    // The canonical keys of the series wanted, sorted and distinct. Without a value every series is
    // wanted.
    std::optional<std::vector<std::string>> series;
    bool with_sequences = false;
    Epoch view = kNow;
    // Says which series another store holds too. What several batches wrote to one point of such a
    // series stays apart, as rows of equal time with a sequence each, so that the caller can merge
    // the stores field by field. It needs with_sequences; an empty function means that no series is
    // kept apart.
    std::function<bool(std::string_view key)> keeps_apart;
    // The scan may show a whole block as statistics instead of rows. The caller asks for the rows
    // by Scan::expand() where the statistics are not enough.
    bool statistics_allowed = false;
    // If this is not 0, the caller will use no more than this many rows of each series: the
    // earliest ones that have a value, or the latest ones if latest_wanted is set. The scan may
    // then skip the blocks that cannot hold them, but it may also return more rows than are wanted.
    // A value counts if its field's entry in `value_kinds` has the same kind of type; all types of
    // numbers are one kind.
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

// The statistics of one field over the rows of a run, in place of the rows. Words are read by type;
// min, max and sum are meaningful for numbers only. Either every row of the run has a value, or no
// row has one and count is 0.
struct ColumnStatistics {
    model::FieldType type = model::FieldType::kFloat;
    std::uint64_t count = 0;
    std::uint64_t min = 0;
    std::uint64_t max = 0;
    std::uint64_t sum = 0;
    std::uint64_t first = 0;  // the value at SeriesRun::time_first
    std::uint64_t last = 0;   // the value at SeriesRun::time_last
};

// A run is consecutive rows of one series, or the statistics that stand for them. A row may lack
// all of the fields asked for, but a run in which every row lacks them is left out. Everything that
// a run refers to is valid until the next call of next().
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
    // The number tells these statistics from others of the scan. If sums_go_on is set, the sum of a
    // float column does not begin with this block: it is the sum of the block numbered one less, to
    // which the values of this block were added one by one. That matters because rounding shows the
    // order in which values are added.
    std::uint64_t block = 0;
    bool sums_go_on = false;

    bool is_statistics() const { return !statistics.empty(); }
};

class ScanState;

// A scan is made by Store::scan() and used on the store's core. It may outlive flushes, compactions
// and drops, but not the store. One next() runs at a time, and a scan is destroyed only while none
// runs.
class Scan {
public:
    explicit Scan(std::unique_ptr<ScanState> state);
    Scan(Scan&&) noexcept;
    Scan& operator=(Scan&&) noexcept;
    ~Scan();

    // Fills `run` with the next rows, or returns false when there are no more. It works in time
    // slices and lets other work of the core run by itself. It fails with kIo or kCorrupt when the
    // rest cannot be read.
    io::Task<Result<bool>> next(SeriesRun& run);
    // Blocks left out so far because they are damaged or the device does not give them back; a
    // segment that is gone counts as one, whatever it held. The store's health names them.
    std::uint64_t blocks_missing() const;

    // Called after next() has shown statistics: the next call of next() shows the rows that they
    // stand for.
    void expand();

    // The memory that the scan holds, which the query counts against its budget.
    std::size_t memory_bytes() const;

private:
    std::unique_ptr<ScanState> state_;
};

}  // namespace sluice::storage
