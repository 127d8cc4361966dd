#include "storage/memtable/memtable.h"

#include <algorithm>
#include <cstdlib>

#include "sluice/base/check.h"
#include "sluice/storage/head.h"
#include "storage/memtable/table_postings.h"
#include "storage/rows/bits.h"

namespace sluice::storage {
namespace {

// The memory that a column costs before its rows: a node of column_names_, the column itself and
// its name.
constexpr std::size_t kColumnOverhead = 192;

const std::byte* batch_values(const model::BatchColumn& column, std::uint32_t from) {
    if (is_word_type(column.type)) {
        return reinterpret_cast<const std::byte*>(column.words.data() + from);
    }
    return reinterpret_cast<const std::byte*>(column.flags.data() + from);
}

}  // namespace

std::size_t element_bytes(model::FieldType type) {
    if (is_word_type(type)) return sizeof(std::uint64_t);
    return type == model::FieldType::kString ? sizeof(std::string_view) : 1;
}

Memtable::Memtable(Head& head, std::uint32_t id, model::ShardGroupId group,
                   model::MeasurementId measurement)
    : head_(head), id_(id), group_(group), measurement_(measurement) {
    account(sizeof(Memtable) + 64);
}

Memtable::~Memtable() {
    for (void* each : allocations_) std::free(each);
}

TablePostings& Memtable::postings() {
    if (postings_ == nullptr) {
        postings_ = std::make_unique<TablePostings>(*this, head_.series_index());
    }
    return *postings_;
}

void Memtable::account(std::size_t bytes) {
    memory_bytes_ += bytes;
    head_.add_memory(bytes);
}

void* Memtable::allocate(std::size_t bytes) {
    void* memory = std::malloc(bytes);
    SLUICE_CHECK(memory != nullptr);  // out of memory
    allocations_.push_back(memory);
    account(bytes);
    return memory;
}

std::uint32_t Memtable::find_column(std::string_view name) const {
    const auto found = column_names_.find(name);
    return found == column_names_.end() ? kNoColumn : found->second;
}

Result<const PodVector<std::uint32_t>*> Memtable::map_columns(const model::BatchTable& table) {
    // A client sends its fields in the same order again and again, so the answer of the last batch
    // is tried first.
    if (map_.size() < table.column_count) {
        map_.append_copies(table.column_count - map_.size(), kNoColumn);
    }
    bool has_new = false;
    for (std::uint32_t i = 0; i < table.column_count; ++i) {
        const model::BatchColumn& source = table.columns[i];
        if (map_[i] >= columns_.size() || columns_[map_[i]].name != source.name) {
            map_[i] = find_column(source.name);
        }
        if (map_[i] == kNoColumn) {
            has_new = true;
        } else if (columns_[map_[i]].type != source.type) {
            return Error{ErrorKind::kConflict,
                         "field " + source.name + " of " +
                             std::string(head_.series_index().measurement_name(measurement_)) +
                             " is not of the type its shard group has"};
        }
    }
    for (std::uint32_t i = 0; has_new && i < table.column_count; ++i) {
        if (map_[i] != kNoColumn) continue;
        const model::BatchColumn& source = table.columns[i];
        const auto [place, added] =
            column_names_.try_emplace(source.name, static_cast<std::uint32_t>(columns_.size()));
        if (!added && columns_[place->second].type != source.type) {
            return Error{ErrorKind::kConflict,
                         "field " + source.name + " has two types in a batch"};
        }
        if (added) {
            columns_.push_back({source.name, source.type, {}});
            account(kColumnOverhead);
        }
        map_[i] = place->second;
    }
    return &map_;
}

Result<void> Memtable::append(const model::BatchTable& table, std::uint64_t sequence) {
    SLUICE_TRY(const auto* map, map_columns(table));
    const std::uint32_t count = table.rows();
    if (count == 0) return {};
    if (count > ~std::uint32_t{0} - rows_) {
        return Error{ErrorKind::kTooLarge, "a memtable takes no more rows"};
    }
    const auto [low, high] = std::minmax_element(table.times.begin(), table.times.end());
    time_min_ = rows_ == 0 ? *low : std::min(time_min_, *low);
    time_end_ = rows_ == 0 ? *high + 1 : std::max(time_end_, *high + 1);
    if (sequences_.empty() || sequences_.back().sequence != sequence) {
        sequences_.push_back({sequence, rows_});
    }
    for (std::uint32_t done = 0; done < count;) {
        const std::uint32_t chunk = row_chunk::chunk_of(rows_);
        const std::uint32_t room = row_chunk::first_row(chunk) + row_chunk::capacity(chunk) - rows_;
        const std::uint32_t step = std::min(room, count - done);
        append_rows(table, done, step, *map);
        done += step;
        rows_ += step;
    }
    return {};
}

// Appends rows that all go to one chunk.
void Memtable::append_rows(const model::BatchTable& table, std::uint32_t from, std::uint32_t count,
                           const PodVector<std::uint32_t>& map) {
    const std::uint32_t chunk = row_chunk::chunk_of(rows_);
    const std::uint32_t offset = rows_ - row_chunk::first_row(chunk);
    if (chunk == chunks_.size()) {
        const std::size_t capacity = row_chunk::capacity(chunk);
        chunks_.push_back(
            {static_cast<model::SeriesId*>(allocate(capacity * sizeof(model::SeriesId))),
             static_cast<model::Timestamp*>(allocate(capacity * sizeof(model::Timestamp)))});
    }
    std::copy_n(table.series.data() + from, count, chunks_[chunk].series + offset);
    std::copy_n(table.times.data() + from, count, chunks_[chunk].times + offset);
    for (std::uint32_t i = 0; i < table.column_count; ++i) {
        append_column(columns_[map[i]], chunk, offset, table.columns[i], from, count);
    }
}

// Appends to one chunk of one column. A column is lazy in two ways: a chunk gets memory with its
// first value, and a bitmap of validity with its first null. `filled` may be behind `offset`, if
// rows in between came without this field; these rows become nulls then.
void Memtable::append_column(MemtableColumn& column, std::uint32_t chunk, std::uint32_t offset,
                             const model::BatchColumn& source, std::uint32_t from,
                             std::uint32_t count) {
    std::size_t valid = count;
    if (source.has_nulls) {
        valid = count_bits(source.validity.data(), from, count);
        if (valid == 0) return;
    }
    if (column.chunks.size() <= chunk) {
        column.chunks.append_copies(chunk + 1 - column.chunks.size(), {nullptr, nullptr, 0});
    }
    MemtableColumn::Chunk& to = column.chunks[chunk];
    const std::size_t capacity = row_chunk::capacity(chunk);
    const std::size_t element = element_bytes(column.type);
    if (to.values == nullptr) to.values = static_cast<std::byte*>(allocate(capacity * element));

    const bool gap = to.filled < offset;
    if (to.validity == nullptr && (gap || valid != count)) {
        const std::size_t bytes = bit_words(capacity) * sizeof(std::uint64_t);
        to.validity = static_cast<std::uint64_t*>(allocate(bytes));
        std::memset(to.validity, 0, bytes);
        fill_bits(to.validity, 0, to.filled, true);
    }
    if (to.validity != nullptr) {
        if (source.has_nulls) {
            copy_bits(to.validity, offset, source.validity.data(), from, count);
        } else {
            fill_bits(to.validity, offset, count, true);
        }
    }
    to.filled = offset + count;
    values_ += valid;
    if (column.type == model::FieldType::kString) {
        auto* texts = reinterpret_cast<std::string_view*>(to.values) + offset;
        const std::size_t before = texts_.memory_bytes();
        for (std::uint32_t i = 0; i < count; ++i) {
            texts[i] = source.is_valid(from + i) ? texts_.copy(source.texts[from + i])
                                                 : std::string_view();
        }
        account(texts_.memory_bytes() - before);
    } else {
        std::memcpy(to.values + offset * element, batch_values(source, from), count * element);
    }
}

}  // namespace sluice::storage
