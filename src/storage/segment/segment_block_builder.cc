#include "storage/segment/segment_block_builder.h"

#include <algorithm>
#include <bit>

#include "sluice/base/check.h"
#include "sluice/base/units.h"
#include "sluice/storage/string_bytes.h"
#include "storage/rows/block_rows.h"
#include "storage/rows/rows.h"

namespace sluice::storage {
namespace {

using codec::ColumnSlice;
using model::FieldType;

constexpr std::size_t kValidityWords = codec::kBlockRowsMax / 64;
// What a scan of one column reads at once, and what is in memory while a block is made: strings of
// the usual sizes do not come near it.
constexpr std::size_t kBlockTextBytesMax = 8 * kMiB;
static_assert(kBlockRowsLeast * kStringBytesMax <= codec::kChunkTextBytesMax);
static_assert(kBlockRowsLeast >= kRowsApartMax);

}  // namespace

void SegmentBlockBuilder::set_columns(std::span<const SegmentColumn> columns) {
    SLUICE_CHECK(rows_ == 0);
    if (columns_.size() < columns.size()) columns_.resize(columns.size());
    column_count_ = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i) columns_[i].type = columns[i].type;
    has_texts_ = std::any_of(columns.begin(), columns.end(), [](const SegmentColumn& column) {
        return column.type == FieldType::kString;
    });
    rows_max_ = static_cast<std::uint32_t>(block_rows_max(columns.size()));
}

void SegmentBlockBuilder::begin_series() {
    run_rows_.push_back(0);
    for (std::size_t i = 0; i < column_count_; ++i) columns_[i].sum_before = 0;
}

void SegmentBlockBuilder::drop_empty_run() {
    if (!run_rows_.empty() && run_rows_.back() == 0) run_rows_.pop_back();
}

void SegmentBlockBuilder::start_validity(Column& column, bool before) {
    column.has_nulls = true;
    column.validity.clear();
    column.validity.append_copies(kValidityWords, 0);
    if (!before) return;
    for (std::uint32_t row = 0; row < rows_; ++row) {
        column.validity[row / 64] |= std::uint64_t{1} << (row % 64);
    }
}

template <typename Pick>
std::uint32_t SegmentBlockBuilder::count_that_fits(const SegmentRows& rows, std::uint32_t count,
                                                   Pick pick) const {
    const std::uint32_t least = rows_ < kBlockRowsLeast ? kBlockRowsLeast - rows_ : 0;
    std::size_t bytes = text_bytes_;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t row = pick(i);
        for (const codec::ColumnSlice& column : rows.columns) {
            if (column.type == FieldType::kString && !column.absent() && column.is_valid(row)) {
                bytes += column.texts[row].size();
            }
        }
        if (bytes > kBlockTextBytesMax && i >= least) return i;
    }
    return count;
}

std::uint32_t SegmentBlockBuilder::room_for(const SegmentRows& rows, std::uint32_t begin,
                                            std::uint32_t end) const {
    const std::uint32_t count = std::min(end - begin, room());
    if (!has_texts_) return count;
    return count_that_fits(rows, count, [begin](std::uint32_t i) { return begin + i; });
}

std::uint32_t SegmentBlockBuilder::room_for(const SegmentRows& rows,
                                            std::span<const std::uint32_t> picks) const {
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(picks.size(), room()));
    if (!has_texts_) return count;
    return count_that_fits(rows, count, [picks](std::uint32_t i) { return picks[i]; });
}

// Appends `count` values; pick(i) is the row of `from` that value i comes from.
template <typename Pick>
void SegmentBlockBuilder::append_column(Column& column, const ColumnSlice& from,
                                        std::uint32_t count, Pick pick) {
    if (from.absent()) {
        // A column without any value so far stays empty.
        if (!column.has_values) return;
        if (!column.has_nulls) start_validity(column, true);
        if (model::is_word_type(column.type)) column.words.append_copies(count, 0);
        if (column.type == FieldType::kString) column.texts.append_copies(count, {});
        if (column.type == FieldType::kBoolean) column.flags.append_copies(count, 0);
        return;
    }
    SLUICE_CHECK(from.type == column.type);
    if (!column.has_values) {
        column.has_values = true;
        if (rows_ != 0) {
            start_validity(column, false);
            if (model::is_word_type(column.type)) column.words.append_copies(rows_, 0);
            if (column.type == FieldType::kString) column.texts.append_copies(rows_, {});
            if (column.type == FieldType::kBoolean) column.flags.append_copies(rows_, 0);
        }
    }
    if (!from.validity.empty() && !column.has_nulls) start_validity(column, true);
    if (column.has_nulls) {
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint64_t bit = from.is_valid(pick(i)) ? 1 : 0;
            column.validity[(rows_ + i) / 64] |= bit << ((rows_ + i) % 64);
        }
    }
    switch (column.type) {
        case FieldType::kFloat:
        case FieldType::kInteger:
        case FieldType::kUnsigned: {
            std::uint64_t* to = column.words.append_uninitialized(count);
            const std::uint64_t* words = from.words.data();
            for (std::uint32_t i = 0; i < count; ++i) to[i] = words[pick(i)];
            break;
        }
        case FieldType::kString:
            for (std::uint32_t i = 0; i < count; ++i) {
                const std::uint32_t row = pick(i);
                column.texts.push_back(from.is_valid(row) ? text_.copy(from.texts[row])
                                                          : std::string_view());
                text_bytes_ += column.texts.back().size();
            }
            break;
        case FieldType::kBoolean: {
            std::uint8_t* to = column.flags.append_uninitialized(count);
            for (std::uint32_t i = 0; i < count; ++i) to[i] = from.flags[pick(i)];
            break;
        }
    }
}

void SegmentBlockBuilder::append(const SegmentRows& rows, std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t count = end - begin;
    SLUICE_CHECK(count <= room() && !run_rows_.empty() && rows.columns.size() == column_count_);
    times_.append(rows.times.subspan(begin, count));
    if (with_sequences_) sequences_.append(rows.sequences.subspan(begin, count));
    for (std::size_t i = 0; i < column_count_; ++i) {
        append_column(columns_[i], rows.columns[i], count,
                      [begin](std::uint32_t k) { return begin + k; });
    }
    rows_ += count;
    run_rows_.back() += count;
}

void SegmentBlockBuilder::append_picks(const SegmentRows& rows,
                                       std::span<const std::uint32_t> picks) {
    const auto count = static_cast<std::uint32_t>(picks.size());
    SLUICE_CHECK(count <= room() && !run_rows_.empty() && rows.columns.size() == column_count_);
    model::Timestamp* times = times_.append_uninitialized(count);
    for (std::uint32_t i = 0; i < count; ++i) times[i] = rows.times[picks[i]];
    if (with_sequences_) {
        std::uint64_t* sequences = sequences_.append_uninitialized(count);
        for (std::uint32_t i = 0; i < count; ++i) sequences[i] = rows.sequences[picks[i]];
    }
    for (std::size_t i = 0; i < column_count_; ++i) {
        append_column(columns_[i], rows.columns[i], count,
                      [picks](std::uint32_t k) { return picks[k]; });
    }
    rows_ += count;
    run_rows_.back() += count;
}

// The entry: size of the chunk, 0 for none; then, where the block holds one series, statistics.
std::uint64_t SegmentBlockBuilder::write_column(Column& column, ByteWriter& chunks,
                                                ByteWriter& entry) {
    ColumnSlice slice;
    slice.type = column.type;
    slice.words = column.words;
    slice.texts = column.texts;
    slice.flags = column.flags;
    if (column.has_nulls) slice.validity = column.validity;
    std::uint64_t count = column.has_values ? rows_ : 0;
    if (column.has_nulls) {
        count = 0;
        for (const std::uint64_t bits : column.validity) {
            count += static_cast<std::uint64_t>(std::popcount(bits));
        }
    }
    if (count == 0) {
        entry.write_varint(0);
        return 0;
    }
    const std::size_t start = chunks.size();
    encoder_.encode_column(slice, rows_, chunks);
    entry.write_varint(chunks.size() - start);
    if (runs() == 1) {
        const codec::ColumnStatistics made =
            codec::column_statistics(slice, rows_, column.sum_before);
        append_statistics(entry, column.type, rows_, made);
        if (column.type == FieldType::kFloat) column.sum_before = std::bit_cast<double>(made.sum);
    }
    return count;
}

// The chunks follow each other in the order of the directory entry, which records only their sizes:
// runs (if several series share the block), times, sequences, and one chunk per column.
BuiltBlock SegmentBlockBuilder::write(ByteWriter& chunks, ByteWriter& entry) {
    drop_empty_run();
    SLUICE_CHECK(rows_ != 0);
    BuiltBlock block;
    block.rows = rows_;
    block.runs = runs();
    const auto [earliest, latest] = std::minmax_element(times_.begin(), times_.end());
    block.time_min = *earliest;
    block.time_max = *latest;
    std::size_t start = chunks.size();
    const auto record_size = [&] {
        entry.write_varint(chunks.size() - start);
        start = chunks.size();
    };
    if (runs() > 1) {
        run_words_.clear();
        for (const std::uint32_t run : run_rows_) run_words_.push_back(run);
        encoder_.encode_words(run_words_, chunks);
        record_size();
    }
    encoder_.encode_times(times_, run_rows_, chunks);
    record_size();
    if (with_sequences_) {
        const auto [least, greatest] = std::minmax_element(sequences_.begin(), sequences_.end());
        block.sequence_min = *least;
        block.sequence_max = *greatest;
        encoder_.encode_words(sequences_, chunks);
        record_size();
    }
    for (std::size_t i = 0; i < column_count_; ++i) {
        Column& column = columns_[i];
        block.values += write_column(column, chunks, entry);
        column.has_nulls = column.has_values = false;
        column.words.clear();
        column.texts.clear();
        column.flags.clear();
    }
    rows_ = 0;
    run_rows_.clear();
    times_.clear();
    sequences_.clear();
    text_.clear();
    text_bytes_ = 0;
    return block;
}

}  // namespace sluice::storage
