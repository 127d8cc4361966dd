#include "storage/tools/segment_dump.h"

#include <bit>
#include <string>

#include "sluice/io/reactor.h"

namespace sluice::storage {
namespace {

using Print = std::function<void(std::string_view)>;
using model::FieldType;

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string value_text(FieldType type, std::uint64_t word) {
    if (type == FieldType::kFloat) return std::to_string(std::bit_cast<double>(word));
    if (type == FieldType::kInteger) return std::to_string(static_cast<std::int64_t>(word));
    return std::to_string(word);
}

std::string times_text(model::Timestamp min, model::Timestamp max) {
    return "times " + std::to_string(min) + " to " + std::to_string(max);
}

std::string range_text(const FileRange& range) {
    return number(range.size) + " bytes at " + number(range.offset);
}

void print_meta(const SegmentReader& reader, const Print& print) {
    const SegmentMeta& meta = reader.meta();
    print("segment " + reader.path() + ": version " + number(kSegmentVersion) + ", shard group " +
          number(meta.group));
    print(number(meta.size_bytes) + " bytes, " + number(meta.rows) + " rows, " +
          number(meta.values) + " values, " + number(meta.series) + " series");
    print(times_text(meta.time_min, meta.time_max));
    if (reader.has_sequences()) {
        print("sequences " + number(meta.sequence_min) + " to " + number(meta.sequence_max));
    }
}

// Bytes by purpose, over all blocks.
void print_sizes(const SegmentMeasurement& measurement, const SegmentIndex& index,
                 const Print& print) {
    std::uint64_t pages = 0;
    for (std::uint32_t i = 0; i < index.page_count(); ++i) pages += index.page(i).range.size;
    std::uint64_t times = 0;
    std::uint64_t sequences = 0;
    std::vector<std::uint64_t> columns(index.columns().size());
    SegmentBlockChunks chunks;
    for (std::uint32_t i = 0; i < index.block_count(); ++i) {
        index.read_chunks(i, chunks);
        times += chunks.runs.size + chunks.times.size;
        sequences += chunks.sequences.size;
        for (std::size_t c = 0; c < columns.size(); ++c) columns[c] += chunks.columns[c].range.size;
    }
    print("  index " + range_text(measurement.index) + ", " + number(index.page_count()) +
          " series pages " + number(pages) + " bytes");
    print("  times " + number(times) + " bytes, sequences " + number(sequences) + " bytes");
    for (std::size_t c = 0; c < columns.size(); ++c) {
        const SegmentColumn& column = index.columns()[c];
        print("  column " + column.name + " " + std::string(field_type_name(column.type)) + " " +
              number(columns[c]) + " bytes");
    }
}

void print_statistics(FieldType type, const codec::ColumnStatistics& s, std::string& line) {
    line += ", " + number(s.count) + " values";
    if (type == FieldType::kString) return;
    line += ", min " + value_text(type, s.min) + ", max " + value_text(type, s.max) + ", sum " +
            value_text(type, s.sum) + ", first " + value_text(type, s.first) + ", last " +
            value_text(type, s.last);
}

void print_block(const SegmentIndex& index, std::uint32_t number_of_block, const Print& print) {
    const SegmentBlockInfo& block = index.block(number_of_block);
    print("  block " + number(number_of_block) + ": " + range_text(block.range) + ", " +
          number(block.rows) + " rows, series " + number(block.first_series) + " to " +
          number(block.first_series + block.series_count - 1) + ", " +
          times_text(block.time_min, block.time_max));
    SegmentBlockChunks chunks;
    index.read_chunks(number_of_block, chunks);
    for (std::size_t c = 0; c < chunks.columns.size(); ++c) {
        const SegmentChunkInfo& chunk = chunks.columns[c];
        const SegmentColumn& column = index.columns()[c];
        if (chunk.range.size == 0) continue;
        std::string line = "    " + column.name + ": " + range_text(chunk.range);
        if (chunk.has_statistics) print_statistics(column.type, chunk.statistics, line);
        print(line);
    }
}

io::Task<Result<void>> print_series(const SegmentReader& reader, const SegmentIndex& index,
                                    const Print& print) {
    std::string line;
    for (std::uint32_t i = 0; i < index.page_count(); ++i) {
        SLUICE_CO_TRY(const auto page, co_await reader.read_series_page(index, i));
        for (std::uint32_t k = 0; k < page->series_count(); ++k) {
            line = "  series " + number(page->first_series() + k) + ": ";
            page->append_key(k, line);
            print(line);
        }
    }
    co_return Result<void>();
}

}  // namespace

io::Task<Result<void>> dump_segment(const SegmentReader& reader, SegmentDumpOptions options,
                                    const std::function<void(std::string_view)>& print) {
    print_meta(reader, print);
    for (const SegmentMeasurement& measurement : reader.measurements()) {
        print("measurement " + measurement.name + ": " + number(measurement.rows) + " rows, " +
              number(measurement.series_count) + " series, " + number(measurement.block_count) +
              " blocks, " + times_text(measurement.time_min, measurement.time_max));
        SLUICE_CO_TRY(const auto index, co_await reader.load_index(measurement));
        print_sizes(measurement, *index, print);
        if (options.with_series) {
            SLUICE_CO_TRY_VOID(co_await print_series(reader, *index, print));
        }
        for (std::uint32_t i = 0; options.with_blocks && i < index->block_count(); ++i) {
            print_block(*index, i, print);
        }
    }
    co_return Result<void>();
}

}  // namespace sluice::storage
