#include "storage/segment/segment_writer.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <utility>

#include "sluice/base/check.h"
#include "sluice/base/zigzag.h"
#include "sluice/codec/word_stream.h"
#include "storage/segment/segment_block_builder.h"
#include "storage/segment/segment_series_page.h"

namespace sluice::storage {
namespace {

// The file as it grows: bytes go into aligned pieces, full ones wait to be taken. Nothing is
// written here, and no offset changes afterwards: a writer is a plain function of what goes in, and
// whoever takes the pieces may write them one behind the other while more come.
class PieceOutput {
public:
    explicit PieceOutput(std::size_t piece_bytes) : piece_bytes_(piece_bytes) {
        SLUICE_CHECK(piece_bytes != 0 && piece_bytes % kDirectIoAlignment == 0);
    }

    std::uint64_t offset() const { return piece_offset_ + used_; }

    FileRange write(ByteSpan bytes) {
        const FileRange range{offset(), bytes.size()};
        while (!bytes.empty()) {
            if (buffer_.empty()) buffer_ = AlignedBuffer(piece_bytes_);
            const std::size_t size = std::min(bytes.size(), piece_bytes_ - used_);
            std::memcpy(buffer_.data() + used_, bytes.data(), size);
            used_ += size;
            bytes = bytes.subspan(size);
            if (used_ == piece_bytes_) close_piece();
        }
        return range;
    }

    // Zeros up to where `size` more bytes end aligned.
    void pad_before(std::size_t size) {
        static constexpr std::byte kZeros[kDirectIoAlignment] = {};
        const std::uint64_t end = align_up(offset() + size);
        write(ByteSpan(kZeros).first(end - size - offset()));
    }
    void close_piece() {
        if (used_ == 0) return;
        SLUICE_CHECK(used_ % kDirectIoAlignment == 0);
        pieces_.push_back({std::move(buffer_), used_, piece_offset_});
        buffer_ = AlignedBuffer();
        piece_offset_ += used_;
        used_ = 0;
    }

    std::optional<SegmentWrite> take() {
        if (pieces_.empty()) return std::nullopt;
        SegmentWrite piece = std::move(pieces_.front());
        pieces_.pop_front();
        return piece;
    }

private:
    std::size_t piece_bytes_;
    AlignedBuffer buffer_;
    std::size_t used_ = 0;
    std::uint64_t piece_offset_ = 0;
    std::deque<SegmentWrite> pieces_;
};

// The block directory of one measurement, in columns: each is encoded by itself, because offsets
// resemble offsets and times resemble times. One entry per block in every column.
struct BlockDirectory {
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint64_t> sizes;
    std::vector<std::uint64_t> rows;
    std::vector<std::uint64_t> first_series;
    std::vector<std::uint64_t> series_counts;
    std::vector<std::uint64_t> times_min;
    std::vector<std::uint64_t> times_max;
    std::vector<std::uint64_t> entry_sizes;
    ByteWriter entries;
};

struct PageDirectory {
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint64_t> sizes;
    std::vector<std::uint64_t> series_counts;
    std::vector<std::string> first_keys;
};

struct Measurement {
    std::string name;
    std::vector<SegmentColumn> columns;
    std::uint64_t rows = 0;
    std::uint64_t series = 0;
    std::uint64_t blocks = 0;
    model::Timestamp time_min = 0;
    model::Timestamp time_max = 0;
    FileRange index;
};

// At most `room` of the rows at `times`, without a part of those of one time.
std::uint32_t whole_times(std::span<const model::Timestamp> times, std::uint32_t room) {
    if (times.size() <= room) return static_cast<std::uint32_t>(times.size());
    std::uint32_t count = room;
    while (count != 0 && times[count - 1] == times[count]) --count;
    return count;
}

void write_signed(ByteWriter& out, std::int64_t value) {
    out.write_varint(zigzag_encode(value));
}

}  // namespace

class SegmentWriter::Impl {
public:
    explicit Impl(SegmentWriterOptions options)
        : options_(std::move(options)),
          output_(options_.piece_bytes),
          block_(options_.with_sequences) {
        meta_.group = options_.group;
        ByteWriter header;
        header.write_span(as_byte_span(kSegmentMagic));
        header.write(kSegmentVersion);
        seal(header, 0);
        output_.write(header.span());
    }

    void begin_measurement(std::string_view name, std::vector<SegmentColumn> columns) {
        SLUICE_CHECK(!open_ && !finished_);
        SLUICE_CHECK(measurements_.empty() || measurements_.back().name < name);
        open_ = true;
        Measurement& measurement = measurements_.emplace_back();
        measurement.name = name;
        measurement.columns = std::move(columns);
        block_.set_columns(measurement.columns);
        blocks_ = {};
        pages_ = {};
        last_key_.clear();
        series_rows_ = 1;
    }

    // A series of many rows gets blocks of its own, whose statistics can answer for it. Small ones
    // share a block, or a file of many series would be all directory. So a block ends where a
    // series of the one kind follows one of the other.
    void begin_series(std::string_view key, std::uint64_t rows_expected) {
        SLUICE_CHECK(open_ && series_rows_ != 0);
        SLUICE_CHECK(measurement().series == 0 || last_key_ < key);
        block_.drop_empty_run();
        const bool own_blocks = rows_expected >= kOwnBlockRowsMin;
        if (block_.rows() != 0 && (own_blocks || own_blocks_)) flush_block();
        own_blocks_ = own_blocks;
        if (block_.runs() == 0) block_first_series_ = measurement().series;
        block_.begin_series();
        last_key_ = key;
        ++measurement().series;
        series_rows_ = 0;
        page_.add(key);
        if (page_.full()) flush_page();
    }

    // A block ends when it is full, by rows or by bytes of text, but never between rows of one
    // time: readers take those together. If not even one time fits behind what the block has, it
    // goes to the next one.
    void append(const SegmentRows& rows, std::uint32_t begin, std::uint32_t end) {
        SLUICE_CHECK(open_ && begin <= end && end <= rows.times.size());
        while (begin != end) {
            const std::uint32_t room = block_.room_for(rows, begin, end);
            const std::uint32_t count = whole_times(rows.times.subspan(begin, end - begin), room);
            block_.append(rows, begin, begin + count);
            begin += count;
            series_rows_ += count;
            if (block_.room() == 0 || count == 0) continue_in_next_block();
        }
    }

    void append_picks(const SegmentRows& rows, std::span<const std::uint32_t> picks) {
        while (!picks.empty()) {
            const std::size_t count = block_.room_for(rows, picks);
            block_.append_picks(rows, picks.first(count));
            picks = picks.subspan(count);
            series_rows_ += count;
            if (block_.room() == 0 || count == 0) continue_in_next_block();
        }
    }

    void end_measurement() {
        SLUICE_CHECK(open_ && series_rows_ != 0);
        block_.drop_empty_run();
        if (block_.rows() != 0) flush_block();
        if (page_.series_count() != 0) flush_page();
        open_ = false;
        if (measurement().series == 0) {
            measurements_.pop_back();
            return;
        }
        write_index();
        own_blocks_ = false;
    }

    SegmentMeta finish() {
        SLUICE_CHECK(!open_ && !finished_);
        finished_ = true;
        const FileRange footer = write_footer();
        output_.pad_before(kSegmentTrailerBytes);
        ByteWriter trailer;
        trailer.write(footer.offset);
        trailer.write(footer.size);
        trailer.write(kSegmentVersion);
        seal(trailer, 0);
        trailer.write_span(as_byte_span(kSegmentMagic));
        SLUICE_CHECK(trailer.size() == kSegmentTrailerBytes);
        output_.write(trailer.span());
        meta_.size_bytes = output_.offset();
        output_.close_piece();
        return meta_;
    }

    std::optional<SegmentWrite> take_piece() { return output_.take(); }

private:
    Measurement& measurement() { return measurements_.back(); }

    void continue_in_next_block() {
        flush_block();
        // More rows of the same series may follow.
        block_first_series_ = measurement().series - 1;
        block_.resume_series();
    }

    void flush_block() {
        scratch_.clear();
        const std::size_t entry_start = blocks_.entries.size();
        const BuiltBlock block = block_.write(scratch_, blocks_.entries);
        SLUICE_CHECK(block.rows != 0 && block.rows <= codec::kBlockRowsMax);
        SLUICE_CHECK(block.runs != 0 && block.runs <= block.rows);
        const FileRange range = output_.write(scratch_.span());
        blocks_.offsets.push_back(range.offset);
        blocks_.sizes.push_back(range.size);
        blocks_.rows.push_back(block.rows);
        blocks_.first_series.push_back(block_first_series_);
        blocks_.series_counts.push_back(block.runs);
        blocks_.times_min.push_back(static_cast<std::uint64_t>(block.time_min));
        blocks_.times_max.push_back(static_cast<std::uint64_t>(block.time_max));
        blocks_.entry_sizes.push_back(blocks_.entries.size() - entry_start);
        count_block(block);
    }

    void count_block(const BuiltBlock& block) {
        Measurement& m = measurement();
        m.time_min = m.blocks == 0 ? block.time_min : std::min(m.time_min, block.time_min);
        m.time_max = m.blocks == 0 ? block.time_max : std::max(m.time_max, block.time_max);
        ++m.blocks;
        m.rows += block.rows;
        const bool first = meta_.rows == 0;
        meta_.time_min = first ? block.time_min : std::min(meta_.time_min, block.time_min);
        meta_.time_max = first ? block.time_max : std::max(meta_.time_max, block.time_max);
        meta_.sequence_min =
            first ? block.sequence_min : std::min(meta_.sequence_min, block.sequence_min);
        meta_.sequence_max = std::max(meta_.sequence_max, block.sequence_max);
        meta_.rows += block.rows;
        meta_.values += block.values;
    }

    void flush_page() {
        pages_.first_keys.emplace_back(page_.first_key());
        pages_.series_counts.push_back(page_.series_count());
        scratch_.clear();
        page_.write(scratch_);
        const FileRange range = output_.write(scratch_.span());
        pages_.offsets.push_back(range.offset);
        pages_.sizes.push_back(range.size);
    }

    // Behind the blocks and pages of its measurement, so that a writer of any size holds one
    // measurement's directory in memory at a time.
    void write_index() {
        SLUICE_CHECK(blocks_.offsets.size() == measurement().blocks);
        SLUICE_CHECK(pages_.offsets.size() == pages_.first_keys.size());
        scratch_.clear();
        scratch_.write_varint(pages_.offsets.size());
        for (const auto* words : {&pages_.offsets, &pages_.sizes, &pages_.series_counts}) {
            streams_.append(*words, scratch_);
        }
        for (const std::string& key : pages_.first_keys) scratch_.write_text(key);
        scratch_.write_varint(blocks_.offsets.size());
        for (const auto* words : {&blocks_.offsets, &blocks_.sizes, &blocks_.rows,
                                  &blocks_.first_series, &blocks_.series_counts, &blocks_.times_min,
                                  &blocks_.times_max, &blocks_.entry_sizes}) {
            streams_.append(*words, scratch_);
        }
        scratch_.write_span(blocks_.entries.span());
        seal(scratch_, 0);
        measurement().index = output_.write(scratch_.span());
        meta_.series += measurement().series;
        blocks_ = {};
        pages_ = {};
    }

    FileRange write_footer() {
        // A merge says what its inputs had: its rows have lost the sequences of what they replaced.
        if (options_.sequence_max != 0) {
            meta_.sequence_min = options_.sequence_min;
            meta_.sequence_max = options_.sequence_max;
        }
        scratch_.clear();
        scratch_.write(static_cast<std::uint8_t>(kFlagRunningSums |
                                                 (options_.with_sequences ? kFlagSequences : 0) |
                                                 (options_.lineage ? kFlagLineage : 0)));
        for (const std::uint64_t value : {meta_.group, meta_.rows, meta_.values, meta_.series}) {
            scratch_.write_varint(value);
        }
        write_signed(scratch_, meta_.time_min);
        write_signed(scratch_, meta_.time_max);
        scratch_.write_varint(meta_.sequence_min);
        scratch_.write_varint(meta_.sequence_max);
        if (options_.lineage) options_.lineage->write(scratch_);
        scratch_.write_varint(measurements_.size());
        for (const Measurement& m : measurements_) {
            scratch_.write_text(m.name);
            scratch_.write_varint(m.columns.size());
            for (const SegmentColumn& column : m.columns) {
                scratch_.write(static_cast<std::uint8_t>(column.type));
                scratch_.write_text(column.name);
            }
            for (const std::uint64_t value :
                 {m.rows, m.series, m.blocks, m.index.offset, m.index.size}) {
                scratch_.write_varint(value);
            }
            write_signed(scratch_, m.time_min);
            write_signed(scratch_, m.time_max);
        }
        seal(scratch_, 0);
        return output_.write(scratch_.span());
    }

    SegmentWriterOptions options_;
    PieceOutput output_;
    SegmentBlockBuilder block_;
    SeriesPageBuilder page_;
    codec::WordStreamEncoder streams_;
    BlockDirectory blocks_;
    PageDirectory pages_;
    std::vector<Measurement> measurements_;
    SegmentMeta meta_;
    ByteWriter scratch_;
    std::string last_key_;
    std::uint64_t block_first_series_ = 0;
    std::uint64_t series_rows_ = 0;  // of the current series
    bool own_blocks_ = false;        // the current series has blocks of its own
    bool open_ = false;              // between begin_measurement() and end_measurement()
    bool finished_ = false;
};

SegmentWriter::SegmentWriter(SegmentWriterOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
SegmentWriter::~SegmentWriter() = default;

void SegmentWriter::begin_measurement(std::string_view name, std::vector<SegmentColumn> columns) {
    impl_->begin_measurement(name, std::move(columns));
}
void SegmentWriter::begin_series(std::string_view key, std::uint64_t rows_expected) {
    impl_->begin_series(key, rows_expected);
}
void SegmentWriter::append(const SegmentRows& rows, std::uint32_t begin, std::uint32_t end) {
    impl_->append(rows, begin, end);
}
void SegmentWriter::append_picks(const SegmentRows& rows, std::span<const std::uint32_t> picks) {
    impl_->append_picks(rows, picks);
}
void SegmentWriter::end_measurement() {
    impl_->end_measurement();
}
SegmentMeta SegmentWriter::finish() {
    return impl_->finish();
}
std::optional<SegmentWrite> SegmentWriter::take_piece() {
    return impl_->take_piece();
}

}  // namespace sluice::storage
