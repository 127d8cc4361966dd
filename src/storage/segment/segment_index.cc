#include "storage/segment/segment_index.h"

#include <algorithm>

#include "sluice/base/check.h"
#include "sluice/base/zigzag.h"
#include "sluice/codec/word_stream.h"

namespace sluice::storage {
namespace {

Error corrupt(const char* what) {
    return {ErrorKind::kCorrupt, what};
}

std::int64_t read_signed(ByteReader& in) {
    return zigzag_decode(in.read_varint());
}

// Everything in this file is about bytes that may be damaged in a way that their checksum does not
// show, or written by a program with a mistake. So each number is held against what it must fit in
// before it is used, and a directory that contradicts itself is an error of the file. After parse()
// has accepted an index, its ranges lie inside the file, its blocks and pages have the series of
// the measurement, each once and in order, and readers need not ask again.

// A range that lies behind the header and ends at `end_max` or before.
bool is_inside(const FileRange& range, std::uint64_t end_max) {
    return range.offset >= kSegmentHeaderBytes && range.offset <= end_max &&
           range.size <= end_max - range.offset;
}

// Columns of a directory: `count` numbers each.
template <std::size_t kColumns>
bool read_columns(ByteReader& in, std::uint64_t count,
                  std::vector<std::uint64_t> (&columns)[kColumns]) {
    for (auto& column : columns) {
        column.resize(count);
        if (!codec::read_word_stream(in, column)) return false;
    }
    return true;
}

bool parse_columns(ByteReader& in, std::vector<SegmentColumn>& columns) {
    const std::uint64_t count = in.read_varint();
    if (!in.ok() || count > in.remaining()) return false;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        const auto type = in.read<std::uint8_t>();
        if (!model::is_valid_field_type(type)) return false;
        columns.push_back({std::string(in.read_text()), static_cast<model::FieldType>(type)});
    }
    return in.ok();
}

bool parse_measurement(ByteReader& in, std::uint64_t end_max, SegmentMeasurement& m) {
    m.name = in.read_text();
    if (!parse_columns(in, m.columns)) return false;
    m.rows = in.read_varint();
    const std::uint64_t series = in.read_varint();
    const std::uint64_t blocks = in.read_varint();
    m.index.offset = in.read_varint();
    m.index.size = in.read_varint();
    m.time_min = read_signed(in);
    m.time_max = read_signed(in);
    if (!in.ok() || series > m.rows || blocks > m.rows || series > UINT32_MAX ||
        blocks > UINT32_MAX || !is_inside(m.index, end_max)) {
        return false;
    }
    m.series_count = static_cast<std::uint32_t>(series);
    m.block_count = static_cast<std::uint32_t>(blocks);
    return true;
}

}  // namespace

Result<void> check_segment_header(ByteSpan bytes) {
    if (bytes.size() != kSegmentHeaderBytes || !as_text(bytes).starts_with(kSegmentMagic)) {
        return corrupt("header: not a segment");
    }
    if (unseal(bytes).empty()) return corrupt("header: checksum does not match");
    return {};
}

Result<FileRange> parse_segment_trailer(ByteSpan bytes, std::uint64_t file_size) {
    if (bytes.size() != kSegmentTrailerBytes || !as_text(bytes).ends_with(kSegmentMagic)) {
        return corrupt("trailer: not the end of a segment");
    }
    const ByteSpan body = unseal(bytes.first(bytes.size() - kSegmentMagic.size()));
    if (body.empty()) return corrupt("trailer: checksum does not match");
    ByteReader in(body);
    const FileRange footer{in.read<std::uint64_t>(), in.read<std::uint64_t>()};
    const auto version = in.read<std::uint32_t>();
    if (version != kSegmentVersion) {
        return Error{ErrorKind::kUnsupported, "trailer: format version " + std::to_string(version) +
                                                  ", this program reads " +
                                                  std::to_string(kSegmentVersion)};
    }
    if (file_size < kSegmentTrailerBytes || !is_inside(footer, file_size - kSegmentTrailerBytes)) {
        return corrupt("trailer: footer outside the file");
    }
    return footer;
}

Result<SegmentFooter> parse_segment_footer(ByteSpan bytes, std::uint64_t file_size) {
    const ByteSpan body = unseal(bytes);
    if (body.empty()) return corrupt("footer: checksum does not match");
    ByteReader in(body);
    SegmentFooter footer;
    const auto flags = in.read<std::uint8_t>();
    // The checksum is right, so this is no damage: the file is left as it is.
    if ((flags & ~(kFlagSequences | kFlagRunningSums | kFlagLineage)) != 0) {
        return Error{ErrorKind::kUnsupported, "footer: a newer version wrote it"};
    }
    footer.has_sequences = (flags & kFlagSequences) != 0;
    footer.has_running_sums = (flags & kFlagRunningSums) != 0;
    SegmentMeta& meta = footer.meta;
    meta.size_bytes = file_size;
    meta.group = in.read_varint();
    meta.rows = in.read_varint();
    meta.values = in.read_varint();
    meta.series = in.read_varint();
    meta.time_min = read_signed(in);
    meta.time_max = read_signed(in);
    meta.sequence_min = in.read_varint();
    meta.sequence_max = in.read_varint();
    if ((flags & kFlagLineage) != 0 && !footer.lineage.emplace().read(in)) {
        return corrupt("footer: contradicts itself");
    }
    const std::uint64_t count = in.read_varint();
    if (!in.ok() || count > in.remaining()) return corrupt("footer: contradicts itself");
    for (std::uint64_t i = 0; i < count; ++i) {
        SegmentMeasurement measurement;
        if (!parse_measurement(in, file_size, measurement) ||
            (i != 0 && !(footer.measurements.back().name < measurement.name))) {
            return corrupt("footer: list of measurements contradicts itself");
        }
        footer.measurements.push_back(std::move(measurement));
    }
    if (in.remaining() != 0) return corrupt("footer: contradicts itself");
    return footer;
}

bool SegmentIndex::parse_pages(ByteReader& in, std::uint64_t offset_max) {
    const std::uint64_t count = in.read_varint();
    // A page takes at least a byte here, for the length of its first key.
    if (!in.ok() || count > in.remaining()) return false;
    std::vector<std::uint64_t> columns[3];
    if (!read_columns(in, count, columns)) return false;
    std::uint64_t series = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const FileRange range{columns[0][i], columns[1][i]};
        const std::uint64_t page_series = columns[2][i];
        if (!is_inside(range, offset_max) || page_series == 0 ||
            page_series > kSeriesPageSeriesMax || page_series > series_count_ - series) {
            return false;
        }
        first_keys_.emplace_back(in.read_text());
        pages_.push_back(
            {range, static_cast<std::uint32_t>(series), static_cast<std::uint32_t>(page_series)});
        series += page_series;
    }
    return in.ok() && series == series_count_;
}

bool SegmentIndex::parse_blocks(ByteReader& in, const SegmentMeasurement& measurement) {
    const std::uint64_t count = in.read_varint();
    // An entry takes at least two bytes.
    if (!in.ok() || count != measurement.block_count || count > in.remaining()) return false;
    std::vector<std::uint64_t> columns[8];
    if (!read_columns(in, count, columns)) return false;
    std::uint64_t rows = 0;
    std::uint64_t next_series = 0;  // the first one no block has had yet
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t block_rows = columns[2][i];
        const std::uint64_t first = columns[3][i];
        const std::uint64_t series = columns[4][i];
        const FileRange range{columns[0][i], columns[1][i]};
        const bool continues = first + 1 == next_series;
        if (!is_inside(range, measurement.index.offset) || block_rows == 0 ||
            block_rows > codec::kBlockRowsMax || series == 0 || series > block_rows ||
            (first != next_series && !continues) || first > series_count_ ||
            series > series_count_ - first) {
            return false;
        }
        next_series = first + series;
        rows += block_rows;
        blocks_.push_back({static_cast<std::uint32_t>(block_rows),
                           static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(series),
                           static_cast<model::Timestamp>(columns[5][i]),
                           static_cast<model::Timestamp>(columns[6][i]), range});
        if (blocks_.back().time_min > blocks_.back().time_max) return false;
    }
    return rows == measurement.rows && next_series == series_count_ &&
           parse_entries(in, columns[7]);
}

// Entries stay encoded in memory and are read again whenever their block is looked at: decoded,
// those of wide measurements would be larger than the cache for the blocks themselves. Each is read
// here once, to know that it can be.
bool SegmentIndex::parse_entries(ByteReader& in, std::span<const std::uint64_t> sizes) {
    entries_.append(in.read_span(in.remaining()));
    std::uint64_t end = 0;
    SegmentBlockChunks chunks;
    for (std::uint32_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] > entries_.size() - end) return false;
        end += sizes[i];
        entry_ends_.push_back(end);
        if (!parse_entry(i, chunks)) return false;
    }
    return end == entries_.size();
}

// The chunks lie in the block in the order of the entry, without gaps.
bool SegmentIndex::parse_entry(std::uint32_t index, SegmentBlockChunks& out) const {
    const SegmentBlockInfo& block = blocks_[index];
    const std::uint64_t begin = index == 0 ? 0 : entry_ends_[index - 1];
    ByteReader in(ByteSpan(entries_).subspan(begin, entry_ends_[index] - begin));
    std::uint64_t offset = block.range.offset;
    bool good = true;
    const auto next_range = [&]() -> FileRange {
        const FileRange range{offset, in.read_varint()};
        good = good && range.size <= block.range.end() - offset;
        if (good) offset += range.size;
        return range;
    };
    const bool one_series = block.series_count == 1;
    out.runs = one_series ? FileRange{offset, 0} : next_range();
    out.times = next_range();
    out.sequences = has_sequences_ ? next_range() : FileRange{offset, 0};
    out.columns.resize(columns_.size());
    for (std::size_t i = 0; good && i < columns_.size(); ++i) {
        SegmentChunkInfo& chunk = out.columns[i];
        chunk.range = next_range();
        chunk.has_statistics = one_series && chunk.range.size != 0;
        if (!chunk.has_statistics) continue;
        good = good && read_statistics(in, columns_[i].type, block.rows, chunk.statistics);
    }
    return good && in.ok() && in.remaining() == 0 && offset == block.range.end();
}

Result<SegmentIndex> SegmentIndex::parse(ByteSpan bytes, const SegmentMeasurement& measurement,
                                         bool has_sequences) {
    const ByteSpan body = unseal(bytes);
    if (body.empty()) return corrupt("index: checksum does not match");
    SegmentIndex index;
    index.columns_ = measurement.columns;
    index.has_sequences_ = has_sequences;
    index.series_count_ = measurement.series_count;
    ByteReader in(body);
    if (!index.parse_pages(in, measurement.index.offset)) {
        return corrupt("index: directory of series pages contradicts itself");
    }
    if (!index.parse_blocks(in, measurement)) {
        return corrupt("index: directory of blocks contradicts itself");
    }
    return index;
}

// Whether the block begins with more rows of the series that the one before ends with.
bool SegmentIndex::block_continues(std::uint32_t block) const {
    SLUICE_CHECK(block < blocks_.size());
    if (block == 0) return false;
    const SegmentBlockInfo& before = blocks_[block - 1];
    return before.first_series + before.series_count - 1 == blocks_[block].first_series;
}

std::pair<std::uint32_t, std::uint32_t> SegmentIndex::blocks_of_series(std::uint32_t series) const {
    const auto first = std::partition_point(blocks_.begin(), blocks_.end(), [&](const auto& block) {
        return block.first_series + block.series_count <= series;
    });
    const auto last = std::partition_point(
        first, blocks_.end(), [&](const auto& block) { return block.first_series <= series; });
    return {static_cast<std::uint32_t>(first - blocks_.begin()),
            static_cast<std::uint32_t>(last - blocks_.begin())};
}

void SegmentIndex::read_chunks(std::uint32_t block, SegmentBlockChunks& out) const {
    const bool good = parse_entry(block, out);
    SLUICE_CHECK(good);  // parse() has read every entry
}

std::uint32_t SegmentIndex::page_of_series(std::uint32_t series) const {
    SLUICE_CHECK(series < series_count_);
    const auto next = std::partition_point(pages_.begin(), pages_.end(), [&](const auto& page) {
        return page.first_series <= series;
    });
    return static_cast<std::uint32_t>(next - pages_.begin()) - 1;
}

std::string_view SegmentIndex::first_key_of_page(std::uint32_t page) const {
    SLUICE_CHECK(page < first_keys_.size());
    return first_keys_[page];
}

// A key before all others is looked for on the first page, where it is not found.
std::uint32_t SegmentIndex::page_of_key(std::string_view key) const {
    const auto next = std::partition_point(first_keys_.begin(), first_keys_.end(),
                                           [&](const std::string& first) { return first <= key; });
    return next == first_keys_.begin() ? 0
                                       : static_cast<std::uint32_t>(next - first_keys_.begin()) - 1;
}

std::size_t SegmentIndex::memory_bytes() const {
    std::size_t bytes = sizeof *this + blocks_.capacity() * sizeof(SegmentBlockInfo) +
                        entry_ends_.capacity() * 8 + entries_.capacity() +
                        pages_.capacity() * sizeof(SegmentPageInfo);
    for (const std::string& key : first_keys_) bytes += sizeof key + key.capacity();
    return bytes;
}

}  // namespace sluice::storage
