#include "storage/memtable/memtable_source.h"

#include <algorithm>

#include "storage/rows/bits.h"
#include "storage/rows/block_rows.h"

namespace sluice::storage {
namespace {

std::uint32_t row_of_place(std::uint32_t place) {
    return row_chunk::first_row(row_chunk::chunk_of_place(place)) +
           row_chunk::offset_of_place(place);
}

// Returns the run that a row is of. `guess` is that of a row a little before, perhaps.
std::size_t run_of(const PodVector<Memtable::SequenceRun>& runs, std::uint32_t row,
                   std::size_t guess) {
    constexpr std::size_t kStepsMax = 8;
    if (runs[guess].row_begin <= row) {
        for (std::size_t run = guess; run < std::min(runs.size(), guess + kStepsMax); ++run) {
            if (run + 1 == runs.size() || row < runs[run + 1].row_begin) return run;
        }
    }
    const auto after = std::upper_bound(
        runs.begin(), runs.end(), row, [](std::uint32_t wanted, const Memtable::SequenceRun& each) {
            return wanted < each.row_begin;
        });
    return static_cast<std::size_t>(after - runs.begin()) - 1;
}

}  // namespace

MemtableSource::MemtableSource(std::shared_ptr<const Head> head,
                               std::shared_ptr<const Memtable> table, OrderedRows rows,
                               const std::vector<std::uint32_t>& columns, bool with_sequences)
    : head_(std::move(head)),
      table_(std::move(table)),
      rows_(std::move(rows)),
      with_sequences_(with_sequences) {
    columns_.resize(columns.size());
    for (std::size_t c = 0; c < columns.size(); ++c) {
        if (columns[c] != Memtable::kNoColumn) {
            SLUICE_CHECK(columns[c] < table_->columns().size());
            snapshot_column(columns_[c], table_->columns()[columns[c]]);
        }
    }
    state_ = rows_.places.empty() ? State::kEnd : State::kLoad;
}

// Appends go on while this source is read. They change how many chunks a column has and how far the
// last one is filled, so both are copied; the values themselves stay where they are. A column that
// has every value up to here is dense: then nobody asks row by row.
void MemtableSource::snapshot_column(Column& column, const MemtableColumn& from) {
    column.present = true;
    column.type = from.type;
    column.chunks.assign(from.chunks.begin(), from.chunks.end());
    const std::uint32_t rows = table_->rows();
    column.dense = true;
    for (std::uint32_t chunk = 0, row = 0; row < rows; ++chunk) {
        const std::uint32_t count = std::min(row_chunk::capacity(chunk), rows - row);
        row += count;
        if (chunk >= column.chunks.size()) {
            column.chunks.push_back({nullptr, nullptr, 0});
        }
        const MemtableColumn::Chunk& each = column.chunks[chunk];
        column.dense &= each.validity == nullptr && each.filled >= count;
    }
}

std::string_view MemtableSource::key() const {
    return head_->series_index().key(rows_.series[series_].series);
}

io::Task<Result<void>> MemtableSource::load() {
    gather_block();
    show_run();
    co_return Result<void>();
}

// Returns where the block from position_ on ends, which has as many rows as a block of a segment:
// some 300 KiB with ten columns. That is never between rows of equal series and time.
std::size_t MemtableSource::block_end() const {
    std::size_t end = std::min(position_ + block_rows_max(columns_.size()), rows_.places.size());
    if (!rows_.times_repeat) return end;
    const auto time_at = [this](std::size_t position) {
        const std::uint32_t place = rows_.places[position];
        return table_->times_chunk(
            row_chunk::chunk_of_place(place))[row_chunk::offset_of_place(place)];
    };
    const auto series = std::upper_bound(
        rows_.series.begin() + static_cast<std::ptrdiff_t>(series_), rows_.series.end(), end - 1,
        [](std::size_t position, const OrderedRows::Series& each) { return position < each.end; });
    while (end < series->end && time_at(end) == time_at(end - 1)) ++end;
    return end;
}

// Copies the rows of the next block together, column by column, in the order of their places.
// Slices refer to these copies until the next block is gathered.
void MemtableSource::gather_block() {
    block_begin_ = position_;
    block_end_ = block_end();
    SLUICE_CHECK(block_begin_ < block_end_ && block_end_ <= rows_.places.size());
    const std::size_t count = block_end_ - block_begin_;
    const std::uint32_t* places = rows_.places.data() + block_begin_;
    times_.clear();
    model::Timestamp* times = times_.append_uninitialized(count);
    for (std::size_t i = 0; i < count; ++i) {
        times[i] = table_->times_chunk(
            row_chunk::chunk_of_place(places[i]))[row_chunk::offset_of_place(places[i])];
    }
    sequences_.clear();
    if (with_sequences_) {
        std::uint64_t* sequences = sequences_.append_uninitialized(count);
        const PodVector<Memtable::SequenceRun>& runs = table_->sequence_runs();
        SLUICE_CHECK(!runs.empty() && runs[0].row_begin == 0);
        // Rows of one series come in the order of their runs, mostly a few runs apart.
        std::size_t run = 0;
        for (std::size_t i = 0; i < count; ++i) {
            run = run_of(runs, row_of_place(places[i]), run);
            sequences[i] = runs[run].sequence;
        }
    }
    block_.times = view_of(times_);
    block_.times_repeat = rows_.times_repeat;
    block_.sequences = view_of(sequences_);
    block_.columns.resize(columns_.size());
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        Column& column = columns_[c];
        block_.columns[c] = {};
        if (!column.present) continue;
        gather_column(column);
        codec::ColumnSlice& slice = block_.columns[c];
        slice.type = column.type;
        slice.words = view_of(column.words);
        slice.texts = view_of(column.texts);
        slice.flags = view_of(column.flags);
        slice.validity = view_of(column.validity);
    }
}

void MemtableSource::gather_column(Column& column) {
    if (is_word_type(column.type)) {
        gather_values(column, column.words);
    } else if (column.type == model::FieldType::kString) {
        gather_values(column, column.texts);
    } else {
        gather_values(column, column.flags);
    }
}

// The inner loop of every flush, and of scans of what was just written.
template <typename T>
void MemtableSource::gather_values(Column& column, PodVector<T>& out) {
    const std::size_t count = block_end_ - block_begin_;
    const std::uint32_t* places = rows_.places.data() + block_begin_;
    out.clear();
    column.validity.clear();
    T* values = out.append_uninitialized(count);
    if (column.dense) {
        const MemtableColumn::Chunk* chunks = column.chunks.data();
        for (std::size_t i = 0; i < count; ++i) {
            values[i] =
                reinterpret_cast<const T*>(chunks[row_chunk::chunk_of_place(places[i])]
                                               .values)[row_chunk::offset_of_place(places[i])];
        }
        return;
    }
    column.validity.append_copies(bit_words(count), 0);
    bool any = false;
    for (std::size_t i = 0; i < count; ++i) {
        const MemtableColumn::Chunk& chunk = column.chunks[row_chunk::chunk_of_place(places[i])];
        const std::uint32_t offset = row_chunk::offset_of_place(places[i]);
        values[i] = T();
        const bool valid = chunk.is_valid(offset);
        if (valid) {
            values[i] = reinterpret_cast<const T*>(chunk.values)[offset];
        }
        if (valid) set_bit(column.validity.data(), i);
        any |= valid;
    }
    // Nothing at all: an absent column.
    if (!any) out.clear();
}

// Rows of one series within the block.
void MemtableSource::show_run() {
    while (rows_.series[series_].end <= position_) ++series_;
    // Series have no gap between them: `places` has the rows of one behind those of another.
    SLUICE_CHECK(rows_.series[series_].begin <= position_ && position_ < block_end_);
    const std::size_t end = std::min<std::size_t>(rows_.series[series_].end, block_end_);
    slice_.assign(block_, position_ - block_begin_, end - position_);
    state_ = State::kRows;
}

void MemtableSource::consume(std::size_t rows) {
    SLUICE_CHECK(state_ == State::kRows && rows <= slice_.rows());
    position_ += rows;
    if (rows < slice_.rows()) {
        show_run();
    } else if (position_ == rows_.places.size()) {
        state_ = State::kEnd;
    } else if (position_ == block_end_) {
        state_ = State::kLoad;
    } else {
        show_run();
    }
}

std::uint64_t MemtableSource::rows_ahead() const {
    return rows_.series[series_].end - position_;
}

std::size_t MemtableSource::memory_bytes() const {
    return rows_.places.capacity() * sizeof(std::uint32_t) +
           rows_.series.capacity() * sizeof(OrderedRows::Series) +
           (columns_.size() + 2) * block_rows_max(columns_.size()) * sizeof(std::uint64_t);
}

}  // namespace sluice::storage
