// The index of a segment in memory: its footer, and the directories of blocks and of pages of
// series keys. It is parsed from bytes without any I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"
#include "sluice/codec/column_chunk.h"
#include "storage/segment/segment_format.h"
#include "storage/segment/segment_ids.h"
#include "storage/segment/segment_series_page.h"

namespace sluice::storage {

struct SegmentMeasurement {
    std::string name;  // unescaped
    std::vector<SegmentColumn> columns;
    std::uint64_t rows = 0;
    std::uint32_t series_count = 0;
    std::uint32_t block_count = 0;
    model::Timestamp time_min = 0;  // inclusive
    model::Timestamp time_max = 0;
    FileRange index;
};

struct SegmentFooter {
    SegmentMeta meta;
    bool has_sequences = false;
    // Sums of floats go on from the block before where that ends with the same series.
    bool has_running_sums = false;
    // The segments of its store that it was merged from, and those that these were merged from.
    // Without a value the ranges of sequences tell (SEGMENT_FORMAT.md).
    std::optional<SegmentIds> lineage;
    std::vector<SegmentMeasurement> measurements;
};

// One block as the directory describes it. Rows are sorted by (series, time).
struct SegmentBlockInfo {
    std::uint32_t rows = 0;
    // Numbers of the series in the measurement. A series may continue in the next block.
    std::uint32_t first_series = 0;
    std::uint32_t series_count = 0;
    model::Timestamp time_min = 0;  // inclusive
    model::Timestamp time_max = 0;
    FileRange range;
};

// One column in one block, as the directory describes it.
struct SegmentChunkInfo {
    FileRange range;  // size 0: no row has a value
    // Statistics are kept for blocks of one series only, where they can answer a query.
    bool has_statistics = false;
    codec::ColumnStatistics statistics;
};

struct SegmentBlockChunks {
    FileRange runs;  // size 0 where the block holds one series
    FileRange times;
    FileRange sequences;  // size 0 without sequences
    std::vector<SegmentChunkInfo> columns;
};

// A page of series keys as the directory describes it.
struct SegmentPageInfo {
    FileRange range;
    std::uint32_t first_series = 0;
    std::uint32_t series_count = 0;
};

class SegmentIndex {
public:
    std::span<const SegmentColumn> columns() const { return columns_; }
    bool has_sequences() const { return has_sequences_; }
    std::uint32_t series_count() const { return series_count_; }

    std::uint32_t block_count() const { return static_cast<std::uint32_t>(blocks_.size()); }
    const SegmentBlockInfo& block(std::uint32_t index) const { return blocks_[index]; }
    // Returns whether the block goes on with the series that the block before ends with.
    bool block_continues(std::uint32_t block) const;
    // Returns the half-open range of blocks that hold rows of the series.
    std::pair<std::uint32_t, std::uint32_t> blocks_of_series(std::uint32_t series) const;
    // Fills `out` with the ranges and statistics of the chunks of a block. They are parsed on
    // demand, to keep the index small.
    void read_chunks(std::uint32_t block, SegmentBlockChunks& out) const;

    std::uint32_t page_count() const { return static_cast<std::uint32_t>(pages_.size()); }
    const SegmentPageInfo& page(std::uint32_t index) const { return pages_[index]; }
    std::uint32_t page_of_series(std::uint32_t series) const;
    std::string_view first_key_of_page(std::uint32_t page) const;
    // Returns the only page that may hold the key.
    std::uint32_t page_of_key(std::string_view key) const;

    std::size_t memory_bytes() const;

    // Parses an index and checks all of it. `bytes` is what SegmentMeasurement::index names.
    static Result<SegmentIndex> parse(ByteSpan bytes, const SegmentMeasurement& measurement,
                                      bool has_sequences);

private:
    bool parse_pages(ByteReader& in, std::uint64_t offset_max);
    bool parse_blocks(ByteReader& in, const SegmentMeasurement& measurement);
    bool parse_entries(ByteReader& in, std::span<const std::uint64_t> sizes);
    bool parse_entry(std::uint32_t block, SegmentBlockChunks& out) const;

    std::vector<SegmentColumn> columns_;
    bool has_sequences_ = false;
    std::uint32_t series_count_ = 0;
    std::vector<SegmentBlockInfo> blocks_;
    PodVector<std::uint64_t> entry_ends_;  // of each block's entry in entries_
    PodVector<std::byte> entries_;
    std::vector<SegmentPageInfo> pages_;
    std::vector<std::string> first_keys_;  // of pages
};

// Returns where the trailer says that the footer is. `bytes` are the last kSegmentTrailerBytes of a
// file of `file_size` bytes. It fails with kUnsupported for another version.
Result<FileRange> parse_segment_trailer(ByteSpan bytes, std::uint64_t file_size);
// `bytes` is what the trailer names.
Result<SegmentFooter> parse_segment_footer(ByteSpan bytes, std::uint64_t file_size);
Result<void> check_segment_header(ByteSpan bytes);

}  // namespace sluice::storage
