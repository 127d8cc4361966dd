// A Parquet file, written from front to back in bounded memory: what a row group will take in the
// file, and a page for each column.
//
// The same rows, columns and options give the same bytes. What is written, and why so, stands in
// src/lake/PARQUET_FORMAT.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/base/units.h"
#include "sluice/codec/column_chunk.h"
#include "sluice/lake/parquet_metadata.h"

namespace sluice::lake {

struct ParquetOptions {
    // Of the program, in the name of the creator, by which readers decide what to work around.
    std::string version;
    std::vector<std::pair<std::string, std::string>> properties;
    // Readers divide work by row groups, and skip by their statistics.
    std::uint64_t group_rows_max = 500'000;
    std::uint64_t group_bytes_max = 128 * kMiB;
    // Bytes of all pages that are being filled, and of all dictionaries.
    std::size_t open_bytes_max = 128 * kMiB;
    int zstd_level = 3;
};

// One column of some rows: `text` in every row, or else what the slice has.
struct ParquetCells {
    codec::ColumnSlice slice;
    std::optional<std::string_view> text;
};

class PagePacker;
class ChunkWriter;

class ParquetWriter {
public:
    // Takes the next bytes of the file. A failure ends the writing.
    using Sink = std::function<Result<void>(ByteSpan bytes)>;

    ParquetWriter(std::vector<ParquetColumn> columns, ParquetOptions options, Sink sink);
    ~ParquetWriter();

    // The next `rows` rows, with one element of `cells` for each column. Columns of kTime and
    // kNanos both get times in nanoseconds.
    Result<void> append(std::size_t rows, std::span<const ParquetCells> cells);
    // The end of the file. Nothing may be called after it.
    Result<void> finish();

    std::uint64_t rows() const { return rows_; }
    // Bytes that the sink has got.
    std::uint64_t size_bytes() const { return offset_; }
    // Strings that were not UTF-8 and have U+FFFD in place of what is none: Parquet's strings are
    // UTF-8, and readers refuse files where one is not.
    std::uint64_t texts_mended() const;

private:
    Result<void> put(ByteSpan bytes);
    Result<void> finish_group();

    ParquetOptions options_;
    Sink sink_;
    ParquetMetadata metadata_;
    std::unique_ptr<PagePacker> packer_;
    std::vector<std::unique_ptr<ChunkWriter>> chunks_;
    std::uint64_t group_rows_ = 0;
    std::uint64_t rows_ = 0;
    std::uint64_t offset_ = 0;
};

}  // namespace sluice::lake
