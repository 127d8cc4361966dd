#include "sluice/model/point_batch.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "sluice/base/hash.h"
#include "sluice/base/units.h"

namespace sluice::model {
namespace {

// Memory a reused vector may keep; an outlier request does not pin its size for ever.
constexpr std::size_t kKeptCapacity = 64 * 1024;

std::size_t words_for(std::size_t rows) {
    return (rows + 63) / 64;
}

// Lists up to this length are searched from front to back.
constexpr std::size_t kSearchedMax = 32;

std::uint64_t hash_table(MeasurementId measurement, const ShardSlot& shard) {
    const std::int64_t name[] = {static_cast<std::int64_t>(measurement), shard.range.begin};
    return hash_bytes({reinterpret_cast<const char*>(name), sizeof name});
}

// The place below `count` for which `is_it(place)` holds, or kNone. `places` learns what the list
// got since the last search; hashes are made for long lists only.
template <typename Hash, typename HashAt, typename IsIt>
std::uint32_t find_place(PlaceTable& places, std::size_t count, Hash hash, HashAt hash_at,
                         IsIt is_it) {
    if (count <= kSearchedMax) {
        for (std::uint32_t i = 0; i < count; ++i) {
            if (is_it(i)) return i;
        }
        return PlaceTable::kNone;
    }
    for (auto i = static_cast<std::uint32_t>(places.size()); i < count; ++i) {
        places.add(hash_at(i), i);
    }
    return places.find(hash(), is_it);
}

template <typename T>
void keep_rows(PodVector<T>& values, const std::vector<bool>& drop) {
    std::size_t kept = 0;
    for (std::size_t row = 0; row < values.size(); ++row) {
        if (!drop[row]) values[kept++] = values[row];
    }
    values.resize_uninitialized(kept);
}

template <typename T>
void clear_keeping_little(PodVector<T>& values) {
    values.clear();
    values.shrink_capacity(kKeptCapacity);
}

}  // namespace

// The column is not at this row: it is behind, and the rows between lack the field; or it has a
// value of the row already, which the one to come replaces.
void BatchColumn::make_room(std::uint32_t row) {
    if (filled > row) {
        truncate_to(row);
    } else {
        pad_to(row);
    }
}

void BatchColumn::pad_to(std::uint32_t rows) {
    if (filled >= rows) return;
    if (!has_nulls) {
        has_nulls = true;
        validity.clear();
        validity.append_copies(words_for(filled), ~std::uint64_t{0});
        if (filled % 64 != 0) validity.back() = (std::uint64_t{1} << (filled % 64)) - 1;
    }
    if (words_for(rows) > validity.size()) {
        validity.append_copies(words_for(rows) - validity.size(), 0);
    }
    const std::size_t missing = rows - filled;
    if (is_word_type(type)) {
        words.append_copies(missing, 0);
    } else if (type == FieldType::kString) {
        texts.append_copies(missing, std::string_view());
    } else {
        flags.append_copies(missing, 0);
    }
    filled = rows;
}

void BatchColumn::set_valid(std::uint32_t row) {
    if (validity.size() <= row / 64) validity.append_copies(row / 64 + 1 - validity.size(), 0);
    validity[row / 64] |= std::uint64_t{1} << (row % 64);
}

// Bits beyond the last row stay 0, because whole words are counted and copied.
void BatchColumn::truncate_to(std::uint32_t rows) {
    if (filled <= rows) return;
    filled = rows;
    if (is_word_type(type)) {
        words.resize_uninitialized(rows);
    } else if (type == FieldType::kString) {
        texts.resize_uninitialized(rows);
    } else {
        flags.resize_uninitialized(rows);
    }
    if (!has_nulls) return;
    validity.resize_uninitialized(words_for(rows));
    if (rows % 64 != 0) validity.back() &= (std::uint64_t{1} << (rows % 64)) - 1;
}

bool BatchColumn::has_values() const {
    if (!has_nulls) return filled != 0;
    for (const std::uint64_t word : validity) {
        if (word != 0) return true;
    }
    return false;
}

void BatchColumn::clear() {
    filled = 0;
    has_nulls = false;
    clear_keeping_little(validity);
    clear_keeping_little(words);
    clear_keeping_little(texts);
    clear_keeping_little(flags);
}

std::uint32_t BatchTable::find_column(std::string_view name, FieldType type) {
    return find_place(
        places_, column_count, [&] { return hash_bytes(name); },
        [&](std::uint32_t place) { return hash_bytes(columns[place].name); },
        [&](std::uint32_t place) {
            return columns[place].type == type && columns[place].name == name;
        });
}

BatchColumn& BatchTable::column(std::string_view name, FieldType type) {
    const std::uint32_t found = find_column(name, type);
    if (found != PlaceTable::kNone) return columns[found];
    if (column_count == columns.size()) columns.emplace_back();
    BatchColumn& fresh = columns[column_count++];
    fresh.clear();
    fresh.name.assign(name);
    fresh.type = type;
    return fresh;
}

void BatchTable::truncate_to(std::uint32_t rows) {
    if (series.size() > rows) series.resize_uninitialized(rows);
    if (times.size() > rows) times.resize_uninitialized(rows);
    if (lines.size() > rows) lines.resize_uninitialized(rows);
    for (std::uint32_t i = 0; i < column_count; ++i) columns[i].truncate_to(rows);
}

// In place, values and bits alike: a row moves only forward, over one that has been looked at.
void BatchTable::drop_rows(const std::vector<bool>& drop) {
    const std::uint32_t rows_before = rows();
    for (std::uint32_t i = 0; i < column_count; ++i) {
        BatchColumn& each = columns[i];
        keep_rows(each.words, drop);
        keep_rows(each.texts, drop);
        keep_rows(each.flags, drop);
        std::uint32_t kept = 0;
        for (std::uint32_t row = 0; row < rows_before; ++row) {
            if (drop[row]) continue;
            if (each.has_nulls) {
                const std::uint64_t bit = (each.validity[row / 64] >> (row % 64)) & 1;
                std::uint64_t& word = each.validity[kept / 64];
                word = (word & ~(std::uint64_t{1} << (kept % 64))) | (bit << (kept % 64));
            }
            ++kept;
        }
        each.filled = kept;
        if (each.has_nulls) {
            each.validity.resize_uninitialized(words_for(kept));
            if (kept % 64 != 0) each.validity.back() &= (std::uint64_t{1} << (kept % 64)) - 1;
        }
    }
    keep_rows(series, drop);
    keep_rows(times, drop);
    keep_rows(lines, drop);
}

void BatchTable::remove_empty_columns() {
    // The removed ones go behind those in use and keep their memory for later requests.
    const auto used_end = columns.begin() + column_count;
    const auto kept_end = std::stable_partition(
        columns.begin(), used_end, [](const BatchColumn& each) { return each.has_values(); });
    column_count = static_cast<std::uint32_t>(kept_end - columns.begin());
    places_.clear();
}

void BatchTable::clear() {
    clear_keeping_little(series);
    clear_keeping_little(times);
    clear_keeping_little(lines);
    column_count = 0;
    places_.clear();
}

std::size_t BatchTable::memory_bytes() const {
    std::size_t bytes = sizeof(BatchTable) + columns.capacity() * sizeof(BatchColumn) +
                        series.capacity() * sizeof(SeriesId) +
                        times.capacity() * sizeof(Timestamp) +
                        lines.capacity() * sizeof(std::uint32_t);
    for (const BatchColumn& column : columns) {
        bytes += column.validity.capacity() * 8 + column.words.capacity() * 8 +
                 column.texts.capacity() * sizeof(std::string_view) + column.flags.capacity();
    }
    return bytes;
}

std::uint32_t PointBatch::find_table(MeasurementId measurement, const ShardSlot& shard) {
    return find_place(
        places_, table_count_, [&] { return hash_table(measurement, shard); },
        [&](std::uint32_t place) {
            return hash_table(tables_[place].measurement, tables_[place].shard);
        },
        [&](std::uint32_t place) {
            return tables_[place].measurement == measurement &&
                   tables_[place].shard.range == shard.range;
        });
}

// Lines come in runs of one measurement and mostly of one shard group, so the table that was used
// last for the measurement is nearly always the one. By range and not by number: groups that are
// yet to be made all have the number 0.
BatchTable& PointBatch::table(MeasurementId measurement, const ShardSlot& shard) {
    if (measurement >= recent_.size()) {
        recent_.append_copies(measurement + 1 - recent_.size(), 0);
    }
    const std::uint32_t recent = recent_[measurement];
    if (recent != 0 && tables_[recent - 1].shard.range == shard.range) return tables_[recent - 1];
    if (recent != 0) {
        const std::uint32_t found = find_table(measurement, shard);
        if (found != PlaceTable::kNone) {
            recent_[measurement] = found + 1;
            return tables_[found];
        }
    }
    if (table_count_ == tables_.size()) tables_.emplace_back();
    BatchTable& fresh = tables_[table_count_++];
    fresh.clear();
    fresh.measurement = measurement;
    fresh.shard = shard;
    recent_[measurement] = static_cast<std::uint32_t>(table_count_);
    return fresh;
}

std::uint64_t PointBatch::row_count() const {
    std::uint64_t rows = 0;
    for (std::size_t i = 0; i < table_count_; ++i) rows += tables_[i].rows();
    return rows;
}

std::uint64_t PointBatch::cell_count() const {
    std::uint64_t cells = 0;
    for (std::size_t i = 0; i < table_count_; ++i) cells += tables_[i].cell_count();
    return cells;
}

std::uint64_t PointBatch::value_count() const {
    std::uint64_t values = 0;
    for (std::size_t i = 0; i < table_count_; ++i) {
        fetch_ahead(i);
        for (std::uint32_t c = 0; c < tables_[i].column_count; ++c) {
            const BatchColumn& column = tables_[i].columns[c];
            if (!column.has_nulls) {
                values += column.filled;
                continue;
            }
            for (const std::uint64_t word : column.validity) {
                values += static_cast<std::uint64_t>(std::popcount(word));
            }
        }
    }
    return values;
}

void PointBatch::finish() {
    for (std::size_t i = 0; i < table_count_; ++i) {
        fetch_ahead(i);
        const std::uint32_t rows = tables_[i].rows();
        for (std::uint32_t c = 0; c < tables_[i].column_count; ++c) {
            tables_[i].columns[c].pad_to(rows);
        }
    }
}

void PointBatch::remove_empty_tables() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < table_count_; ++i) {
        if (tables_[i].rows() == 0) continue;
        if (kept != i) std::swap(tables_[kept], tables_[i]);
        ++kept;
    }
    // The empty ones are cleared here: clear() only sees those in use.
    for (std::size_t i = kept; i < table_count_; ++i) tables_[i].clear();
    table_count_ = kept;
    places_.clear();
}

// Clients with thousands of measurements send as many tables with a row or two again and again, so
// these keep their memory; what is beyond a bound leaves no trace. A few tables are not counted:
// each of their columns is bounded.
void PointBatch::clear() {
    constexpr std::size_t kKeptTables = 64;
    constexpr std::size_t kKeptBytes = 8 * kMiB;
    const bool counts = tables_.size() > kKeptTables;
    const std::size_t end = counts ? tables_.size() : table_count_;
    std::size_t bytes = 0;
    std::size_t kept = 0;
    for (; kept < end; ++kept) {
        fetch_ahead(kept);
        if (kept < table_count_) tables_[kept].clear();
        if (!counts) continue;
        bytes += tables_[kept].memory_bytes();
        if (kept >= kKeptTables && bytes > kKeptBytes) break;
    }
    if (counts) tables_.resize(kept);
    table_count_ = 0;
    recent_.clear();
    places_.clear();
    text_.clear();
}

// The object first, and what it points to when it has come.
void PointBatch::fetch_ahead(std::size_t place) const {
    constexpr std::size_t kTablesMin = 256;  // fewer stay in the cache by themselves
    constexpr std::size_t kFar = 24;
    constexpr std::size_t kNear = 18;
    constexpr std::uint32_t kColumns = 4;
    if (table_count_ < kTablesMin) return;
    if (place + kFar < table_count_) {
        const auto* const table = reinterpret_cast<const char*>(&tables_[place + kFar]);
        for (std::size_t at = 0; at < sizeof(BatchTable); at += 64) __builtin_prefetch(table + at);
    }
    if (place + kNear < table_count_) {
        const BatchTable& table = tables_[place + kNear];
        __builtin_prefetch(table.series.data());
        __builtin_prefetch(table.times.data());
        const auto* const columns = reinterpret_cast<const char*>(table.columns.data());
        const std::size_t bytes = std::min(table.column_count, kColumns) * sizeof(BatchColumn);
        for (std::size_t at = 0; at < bytes; at += 64) __builtin_prefetch(columns + at);
    }
}

std::size_t PointBatch::memory_bytes() const {
    std::size_t bytes = text_.memory_bytes() + recent_.capacity() * sizeof(std::uint32_t);
    for (const BatchTable& table : tables_) bytes += table.memory_bytes();
    return bytes;
}

}  // namespace sluice::model
