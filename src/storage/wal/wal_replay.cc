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

}  // namespace

Result<void> WalReplay::on_series(std::uint32_t series, std::string_view key) {
    if (series > series_.size()) return undefined("the series before", series);
    const model::SeriesId id = head_.series_index().add_series(key);
    if (series == series_.size()) {
        series_.push_back(id);
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
    table.measurement = head_.series_index().add_measurement(measurement);
    return {};
}

Result<void> WalReplay::on_column(std::uint32_t memtable, std::uint32_t column,
                                  model::FieldType type, std::string_view name) {
    if (memtable >= tables_.size() || !tables_[memtable].defined) {
        return undefined("table", memtable);
    }
    std::vector<Column>& columns = tables_[memtable].columns;
    if (column > columns.size()) return undefined("the column before", column);
    if (column == columns.size()) columns.emplace_back();
    columns[column] = {std::string(name), type, true};
    return {};
}

// The rows come with the numbers of their log. They are given the numbers of the head in place and
// appended as a batch, by the way that rows took when they were written.
Result<void> WalReplay::on_rows(WalRows& rows) {
    if (rows.memtable >= tables_.size() || !tables_[rows.memtable].defined) {
        return undefined("table", rows.memtable);
    }
    const Table& table = tables_[rows.memtable];
    sequence_max_ = std::max(sequence_max_, rows.sequence);
    if (is_dropped_(table.group)) {
        dropped_seen_.insert(table.group);
        return {};
    }
    const std::string_view name = head_.series_index().measurement_name(table.measurement);
    if (is_deleted_ && is_deleted_(table.group, name, rows.sequence)) return {};
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
