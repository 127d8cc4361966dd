// The index of a segment in memory: footer, block directory and pages of series keys, parsed from
// bytes without any I/O.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"
#include "sluice/codec/column_chunk.h"
#include "storage/segment_format.h"

namespace sluice::storage {

// A piece of the file.
struct FileRange {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

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

// Of one column in one block.
struct SegmentChunkInfo {
    FileRange range;  // size 0: no row has a value
    // Kept for blocks of one series only, where they can answer a query.
    bool has_statistics = false;
    codec::ColumnStatistics statistics;
};

struct SegmentBlockChunks {
    FileRange runs;  // size 0 where the block holds one series
    FileRange times;
    FileRange sequences;  // size 0 without sequences
    std::vector<SegmentChunkInfo> columns;
};

class SegmentIndex {
public:
    std::span<const SegmentColumn> columns() const { return columns_; }
    std::uint32_t series_count() const { return series_count_; }

    std::uint32_t block_count() const { return static_cast<std::uint32_t>(blocks_.size()); }
    const SegmentBlockInfo& block(std::uint32_t index) const { return blocks_[index]; }
    // The half-open range of blocks that hold rows of the series.
    std::pair<std::uint32_t, std::uint32_t> blocks_of_series(std::uint32_t series) const;
    // Ranges and statistics of one block's chunks. Parsed when asked, to keep the index small.
    void read_chunks(std::uint32_t block, SegmentBlockChunks& out) const;

    std::uint32_t page_count() const { return static_cast<std::uint32_t>(pages_.size()); }
    // The number of the page's first series.
    std::uint32_t page_first_series(std::uint32_t page) const { return pages_[page].first_series; }
    std::uint32_t page_of_series(std::uint32_t series) const;
    // The only page that may hold the key.
    std::uint32_t page_of_key(std::string_view key) const;

    std::size_t memory_bytes() const;

    // `bytes` is what SegmentMeasurement::index names. Checks all of it.
    static Result<SegmentIndex> parse(ByteSpan bytes, const SegmentMeasurement& measurement,
                                      bool has_sequences);

private:
    friend class SegmentReader;
    struct Page {
        FileRange range;
        std::uint32_t first_series = 0;
        std::uint32_t first_key_begin = 0;  // in page_keys_
        std::uint32_t first_key_size = 0;
    };

    std::vector<SegmentColumn> columns_;
    bool has_sequences_ = false;
    std::uint32_t series_count_ = 0;
    std::vector<SegmentBlockInfo> blocks_;
    PodVector<std::uint32_t> chunk_positions_;  // of each block in chunk_bytes_
    PodVector<std::byte> chunk_bytes_;
    std::vector<Page> pages_;
    std::string page_keys_;
};

// Series keys of one page, in columns: per tag a dictionary of values and one id per series.
// Tags can be tested without making the keys.
class SeriesPage {
public:
    std::uint32_t first_series() const { return first_series_; }
    std::uint32_t series_count() const { return series_count_; }

    // Appends the canonical key of series first_series() + i.
    void append_key(std::uint32_t i, std::string& out) const;
    // All keys of the page in ascending order.
    void append_keys(std::vector<std::string>& out) const;
    // Position i of the key, or -1.
    std::int64_t find(std::string_view key) const;

    static Result<SeriesPage> parse(ByteSpan bytes, std::uint32_t first_series,
                                    std::uint32_t series_count);

private:
    struct TagColumn {
        std::string key;                  // escaped, as in the series key
        std::vector<std::string> values;  // escaped, ascending
        PodVector<std::uint32_t> ids;     // per series; 0: no such tag, else 1 + index into values
    };

    std::uint32_t first_series_ = 0;
    std::uint32_t series_count_ = 0;
    std::string prefix_;  // the escaped measurement
    std::vector<TagColumn> tags_;
};

Result<SegmentFooter> parse_segment_footer(ByteSpan bytes);

}  // namespace sluice::storage
