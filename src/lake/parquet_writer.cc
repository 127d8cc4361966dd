#include "sluice/lake/parquet_writer.h"

#include <algorithm>

#include "lake/chunk_writer.h"
#include "lake/file_mark.h"
#include "lake/page_packer.h"
#include "sluice/base/byte_writer.h"
#include "sluice/base/check.h"

namespace sluice::lake {
namespace {

// What readers expect of a page, and what other writers give them.
constexpr std::size_t kPageRowsMax = 20'000;
constexpr std::size_t kPageBytesMax = kMiB;
constexpr std::size_t kDictionaryBytesMax = kMiB;
// Fewer would be all heads.
constexpr std::size_t kPageRowsMin = 512;
constexpr std::size_t kDictionaryBytesMin = 8 * kKiB;
// A row of a page that is being filled: an index, or a word, and a level.
constexpr std::size_t kOpenRowBytes = 16;

// The pages of all columns share one half of the memory, the dictionaries with their tables the
// other one.
ChunkLimits limits_of(std::size_t columns, const ParquetOptions& options) {
    const std::size_t share = options.open_bytes_max / 2 / std::max<std::size_t>(columns, 1);
    ChunkLimits limits;
    limits.page_rows = std::clamp(share / kOpenRowBytes, kPageRowsMin, kPageRowsMax);
    limits.page_bytes = std::clamp(share, kDictionaryBytesMin, kPageBytesMax);
    limits.dictionary_bytes = std::clamp(share / 2, kDictionaryBytesMin, kDictionaryBytesMax);
    return limits;
}

}  // namespace

ParquetWriter::ParquetWriter(std::vector<ParquetColumn> columns, ParquetOptions options, Sink sink)
    : options_(std::move(options)),
      sink_(std::move(sink)),
      packer_(std::make_unique<PagePacker>(options_.zstd_level)) {
    const ChunkLimits limits = limits_of(columns.size(), options_);
    for (const ParquetColumn& column : columns) {
        chunks_.push_back(std::make_unique<ChunkWriter>(column, limits, *packer_));
    }
    metadata_.columns = std::move(columns);
    metadata_.properties = options_.properties;
    // Spark and Trino read the version out of this form, and fail where they find another.
    metadata_.creator = "Sluice version " + options_.version + " (build " + options_.version + ")";
}

ParquetWriter::~ParquetWriter() = default;

Result<void> ParquetWriter::put(ByteSpan bytes) {
    if (offset_ == 0) {
        SLUICE_TRY_VOID(sink_(as_byte_span(kFileMark)));
        offset_ = kFileMark.size();
    }
    if (bytes.empty()) return {};
    SLUICE_TRY_VOID(sink_(bytes));
    offset_ += bytes.size();
    return {};
}

Result<void> ParquetWriter::append(std::size_t rows, std::span<const ParquetCells> cells) {
    SLUICE_CHECK(cells.size() == chunks_.size());
    std::size_t done = 0;
    while (done < rows) {
        const std::size_t step =
            std::min({rows - done, kPageRowsMax,
                      static_cast<std::size_t>(options_.group_rows_max - group_rows_)});
        std::size_t size_bytes = 0;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (cells[i].text) {
                chunks_[i]->append_text(*cells[i].text, step);
            } else {
                chunks_[i]->append(cells[i].slice, done, step);
            }
            size_bytes += chunks_[i]->size_bytes();
        }
        done += step;
        group_rows_ += step;
        rows_ += step;
        if (group_rows_ < options_.group_rows_max && size_bytes < options_.group_bytes_max) {
            continue;
        }
        SLUICE_TRY_VOID(finish_group());
    }
    return {};
}

Result<void> ParquetWriter::finish_group() {
    SLUICE_TRY_VOID(put({}));
    ParquetRowGroup& group = metadata_.groups.emplace_back();
    group.rows = group_rows_;
    // In the order of the schema: Spark has overlooked rows of files that have another one.
    for (const auto& chunk : chunks_) {
        ParquetChunk facts = chunk->finish();
        SLUICE_CHECK(facts.rows == group_rows_);
        facts.offset = offset_;
        group.chunks.push_back(std::move(facts));
        SLUICE_TRY_VOID(put(chunk->dictionary_page()));
        SLUICE_TRY_VOID(put(chunk->pages()));
        chunk->clear();
    }
    group_rows_ = 0;
    return {};
}

Result<void> ParquetWriter::finish() {
    SLUICE_TRY_VOID(put({}));
    if (group_rows_ != 0) {
        SLUICE_TRY_VOID(finish_group());
    }
    ByteWriter end;
    append_parquet_metadata(metadata_, end);
    end.write(static_cast<std::uint32_t>(end.size()));
    end.write_span(as_byte_span(kFileMark));
    return put(end.span());
}

std::uint64_t ParquetWriter::texts_mended() const {
    std::uint64_t sum = 0;
    for (const auto& chunk : chunks_) sum += chunk->texts_mended();
    return sum;
}

}  // namespace sluice::lake
