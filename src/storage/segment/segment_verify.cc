// This file checks a whole segment: that every structure fits its checksum, that what the index
// says is true of the rows, and that no byte belongs to nothing.
#include <algorithm>
#include <bit>
#include <span>
#include <string>
#include <vector>

#include "sluice/base/check.h"
#include "sluice/io/reactor.h"
#include "storage/segment/segment_reader.h"

namespace sluice::storage {
namespace {

// Checks what the directory says of a block against its rows. `sums` has the sums of the blocks
// before, by column, and this block is added to them.
Result<void> check_block(const SegmentIndex& index, const SegmentBlockInfo& info,
                         const SegmentBlockChunks& chunks, const SegmentBlock& block,
                         std::span<double> sums) {
    const auto [earliest, latest] = std::minmax_element(block.times.begin(), block.times.end());
    if (*earliest != info.time_min || *latest != info.time_max) {
        return Error{ErrorKind::kCorrupt, "times outside the directory's range"};
    }
    std::size_t row = 0;
    for (const std::uint32_t rows : block.run_rows) {
        for (std::size_t i = row + 1; i < row + rows; ++i) {
            // Rows of equal time stay apart only where their sequences tell them apart.
            const bool repeated = block.times[i] == block.times[i - 1];
            if (block.times[i] < block.times[i - 1] || (repeated && !index.has_sequences())) {
                return Error{ErrorKind::kCorrupt, "times do not ascend"};
            }
        }
        row += rows;
    }
    for (std::size_t i = 0; i < index.columns().size(); ++i) {
        if (!chunks.columns[i].has_statistics) continue;
        const codec::ColumnStatistics& found = chunks.columns[i].statistics;
        const codec::ColumnSlice column = block.columns[i].slice();
        if (codec::column_statistics(column, block.rows, sums[i]) != found) {
            return Error{ErrorKind::kCorrupt,
                         "statistics of column " + index.columns()[i].name + " are wrong"};
        }
        if (column.type == model::FieldType::kFloat) sums[i] = std::bit_cast<double>(found.sum);
    }
    return {};
}

}  // namespace

io::Task<Result<std::uint64_t>> SegmentReader::verify_pages(const SegmentIndex& index) const {
    std::uint64_t bytes = 0;
    std::string previous;
    std::string key;
    for (std::uint32_t i = 0; i < index.page_count(); ++i) {
        SLUICE_CO_TRY(const auto page, co_await read_series_page(index, i));
        bytes += index.page(i).range.size;
        for (std::uint32_t k = 0; k < page->series_count(); ++k) {
            key.clear();
            page->append_key(k, key);
            const bool first = i == 0 && k == 0;
            if ((!first && key <= previous) || (k == 0 && key != index.first_key_of_page(i))) {
                co_return placed({ErrorKind::kCorrupt, "keys do not ascend"},
                                 "page " + std::to_string(i));
            }
            std::swap(key, previous);
        }
    }
    co_return bytes;
}

io::Task<Result<std::uint64_t>> SegmentReader::verify_blocks(const SegmentIndex& index) const {
    std::uint64_t bytes = 0;
    SegmentBlock block;
    SegmentBlockChunks chunks;
    std::vector<std::uint32_t> all_columns(index.columns().size());
    for (std::uint32_t i = 0; i < all_columns.size(); ++i) all_columns[i] = i;
    const BlockRequest request{all_columns, true};
    std::vector<double> sums(all_columns.size());
    for (std::uint32_t i = 0; i < index.block_count(); ++i) {
        if (!has_running_sums() || !index.block_continues(i))
            std::fill(sums.begin(), sums.end(), 0);
        SLUICE_CO_TRY_VOID(co_await read_block(index, i, request, block));
        index.read_chunks(i, chunks);
        Result<void> checked = check_block(index, index.block(i), chunks, block, sums);
        if (!checked.ok()) {
            co_return placed(std::move(checked).error(), block_place(i, index.block(i)));
        }
        bytes += index.block(i).range.size;
    }
    co_return bytes;
}

io::Task<Result<std::uint64_t>> SegmentReader::verify_measurement(
    const SegmentMeasurement& measurement) const {
    SLUICE_CO_TRY(const auto index, co_await load_index(measurement));
    SLUICE_CO_TRY(const std::uint64_t pages, co_await verify_pages(*index));
    SLUICE_CO_TRY(const std::uint64_t blocks, co_await verify_blocks(*index));
    co_return pages + blocks + measurement.index.size;
}

io::Task<Result<void>> SegmentReader::verify() const {
    SLUICE_CO_TRY(const FileBytes header, co_await access_.read(0, kSegmentHeaderBytes));
    Result<void> checked = check_segment_header(header.bytes);
    if (!checked.ok()) co_return placed(std::move(checked).error(), "");
    std::uint64_t bytes = kSegmentHeaderBytes + footer_range_.size;
    for (const SegmentMeasurement& measurement : footer_.measurements) {
        SLUICE_CO_TRY(const std::uint64_t more, co_await verify_measurement(measurement));
        bytes += more;
    }
    const FileRange padding{footer_range_.end(),
                            access_.size() - kSegmentTrailerBytes - footer_range_.end()};
    if (padding.size != 0) {
        SLUICE_CO_TRY(const FileBytes zeros, co_await read(padding));
        for (const std::byte byte : zeros.bytes) {
            if (byte != std::byte{0}) {
                co_return placed({ErrorKind::kCorrupt, "padding is not zero"}, "");
            }
        }
    }
    if (bytes != footer_range_.end()) {
        co_return placed({ErrorKind::kCorrupt, "bytes that belong to nothing"}, "");
    }
    co_return Result<void>();
}

}  // namespace sluice::storage
