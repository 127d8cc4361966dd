#include "storage/wal/wal_replay.h"

#include <algorithm>

#include "storage/memtable/memtable.h"

namespace sluice::storage {
namespace {

Error undefined(std::string_view what, std::uint64_t number) {
    return Error{ErrorKind::kCorrupt, "log frame: " + std::string(what) + " " +
                                          std::to_string(number) + " is not defined"};
}

// Ids are dense: one far beyond the last is damage, not a large head.
constexpr std::uint32_t kGapMax = 1u << 20;
// A series whose definition is lost.
constexpr model::SeriesId kUndefined = ~model::SeriesId{0};

}  // namespace

// A log may define a series twice, with one key, after a frame was lost in writing (WalMarks). Two
// keys for one number cannot be: the numbers are those of the head's index, which only ever grows.
Result<void> WalReplay::on_series(std::uint32_t series, std::string_view key) {
    const std::size_t gap_max = expects_gaps_ ? kGapMax : 0;
    if (series > series_.size() + gap_max) return undefined("the series before", series);
    if (series > series_.size()) series_.append_copies(series - series_.size(), kUndefined);
    const model::SeriesId id = head_.series_index().add_series(key);
    if (series == series_.size()) {
        series_.push_back(id);
    } else if (series_[series] == kUndefined) {
        series_[series] = id;
    } else if (series_[series] != id) {
        return Error{ErrorKind::kCorrupt, "log frame: a series has two keys"};
    }
    return {};
}

Result<void> WalReplay::on_table(std::uint32_t memtable, model::ShardGroupId group,
                                 std::string_view measurement) {
    // Memtables of a head that only ever held refused rows are not defined: gaps are normal.
    if (memtable >= tables_.size() + kGapMax) return undefined("the table before", memtable);
    if (memtable >= tables_.size()) tables_.resize(memtable + 1);
    Table& table = tables_[memtable];
    table.defined = true;
    table.group = group;
    groups_.insert(group);
    table.measurement = head_.series_index().add_measurement(measurement);
    return {};
}

Result<void> WalReplay::on_column(std::uint32_t memtable, std::uint32_t column,
                                  model::FieldType type, std::string_view name) {
    if (memtable >= tables_.size() || !tables_[memtable].defined) {
        if (expects_gaps_) return {};
        return undefined("table", memtable);
    }
    std::vector<Column>& columns = tables_[memtable].columns;
    const std::size_t gap_max = expects_gaps_ ? kGapMax : 0;
    if (column > columns.size() + gap_max) return undefined("the column before", column);
    if (column >= columns.size()) columns.resize(column + 1);
    columns[column] = {std::string(name), type, true};
    return {};
}

// The rows come with the numbers of their log. They are given the numbers of the head in place and
// appended as a batch, by the way that rows took when they were written.
Result<void> WalReplay::on_rows(WalRows& rows) {
    sequence_min_ = std::min(sequence_min_, rows.sequence);
    if (rows.memtable >= tables_.size() || !tables_[rows.memtable].defined) {
        if (!expects_gaps_) return undefined("table", rows.memtable);
        sequence_max_ = std::max(sequence_max_, rows.sequence);
        rows_lost_ += rows.table.rows();
        return {};
    }
    const Table& table = tables_[rows.memtable];
    sequence_max_ = std::max(sequence_max_, rows.sequence);
    if (is_dropped_(table.group)) return {};
    const std::string_view name = head_.series_index().measurement_name(table.measurement);
    if (is_deleted_ && is_deleted_(table.group, name, rows.sequence)) return {};
    if (expects_gaps_) leave_out_undefined(table, rows);
    if (rows.table.rows() == 0) return {};
    for (model::SeriesId& each : rows.table.series) {
        if (each >= series_.size()) return undefined("series", each);
        each = series_[each];
    }
    for (std::uint32_t i = 0; i < rows.table.column_count; ++i) {
        if (rows.columns[i] >= table.columns.size()) return undefined("column", rows.columns[i]);
        const Column& column = table.columns[rows.columns[i]];
        if (column.type != rows.table.columns[i].type) {
            return Error{ErrorKind::kCorrupt,
                         "log frame: column " + column.name + " is not of its defined type"};
        }
        rows.table.columns[i].name = column.name;
    }
    rows.table.measurement = table.measurement;
    rows.table.shard.group = table.group;
    rows_ += rows.table.rows();
    return append(table, rows);
}

// Behind a gap. A row whose series is not known is left out as a whole. A column that is not known
// is left out of every row, and then each of them counts as lost, because which of them had a value
// in it is not worth finding out.
void WalReplay::leave_out_undefined(const Table& table, WalRows& rows) {
    std::vector<bool> drop(rows.table.rows());
    for (std::size_t row = 0; row < drop.size(); ++row) {
        const model::SeriesId series = rows.table.series[row];
        drop[row] = series >= series_.size() || series_[series] == kUndefined;
    }
    std::uint64_t lost = static_cast<std::uint64_t>(std::count(drop.begin(), drop.end(), true));
    const std::uint32_t columns = rows.table.column_count;
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < columns; ++i) {
        const std::uint32_t number = rows.columns[i];
        if (number >= table.columns.size() || !table.columns[number].defined) continue;
        std::swap(rows.table.columns[kept], rows.table.columns[i]);
        std::swap(rows.columns[kept++], rows.columns[i]);
    }
    rows.table.column_count = kept;
    if (kept != columns) lost = drop.size();
    if (kept == 0) drop.assign(drop.size(), true);
    if (lost != 0) rows.table.drop_rows(drop);
    rows_lost_ += lost;
}

// Rows that contradict the types of earlier ones were written after these had been dropped as a
// whole, though that may be known no more: with their database, say.
Result<void> WalReplay::append(const Table& table, const WalRows& rows) {
    Memtable& memtable = head_.memtable(table.group, table.measurement);
    Result<void> appended = memtable.append(rows.table, rows.sequence);
    if (appended.ok() || appended.error().kind != ErrorKind::kConflict) return appended;
    const auto& runs = memtable.sequence_runs();
    const bool is_older = std::any_of(
        runs.begin(), runs.end(), [&](const auto& run) { return run.sequence > rows.sequence; });
    if (is_older) return {};
    head_.drop_table({table.group, table.measurement});
    return head_.memtable(table.group, table.measurement).append(rows.table, rows.sequence);
}

}  // namespace sluice::storage
