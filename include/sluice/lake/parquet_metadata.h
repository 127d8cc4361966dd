// What a Parquet file says about itself at its end: columns, row groups, and where their bytes lie.
//
// Of all that Parquet has, this is the part that Sluice writes: flat columns, at most one value a
// row, pages packed by zstd (src/lake/PARQUET_FORMAT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/result.h"

namespace sluice::lake {

enum class ParquetType : std::uint8_t {
    kTime,      // microseconds since 1970, UTC
    kNanos,     // 0 to 999: what microseconds lose of a time
    kFloat,     // binary64
    kInteger,   // int64
    kUnsigned,  // uint64, as a decimal of 20 digits: Iceberg and Spark have no unsigned integers
    kBoolean,
    kString,  // UTF-8
};
std::string_view parquet_type_name(ParquetType type);

struct ParquetColumn {
    std::string name;
    ParquetType type = ParquetType::kFloat;
    bool is_required = false;  // every row has a value
    bool operator==(const ParquetColumn&) const = default;
};

// How the values of a page are written. The numbers are Parquet's.
enum class ParquetEncoding : std::uint8_t {
    kPlain = 0,
    kRuns = 3,         // of definition levels
    kDifferences = 5,  // DELTA_BINARY_PACKED
    kDictionary = 8,   // RLE_DICTIONARY
};

// One column of one row group.
struct ParquetChunk {
    std::uint64_t rows = 0;
    std::uint64_t nulls = 0;
    // Where its pages begin: the dictionary, if it has one, then those with values.
    std::uint64_t offset = 0;
    std::uint64_t dictionary_bytes = 0;  // with the head of its page; 0: there is none
    std::uint64_t size_bytes = 0;        // of all pages, packed
    std::uint64_t unpacked_bytes = 0;    // of all pages
    std::uint32_t dictionary_pages = 0;  // pages of values that refer to the dictionary
    std::uint32_t other_pages = 0;       // pages of values that do not, in `encoding`
    ParquetEncoding encoding = ParquetEncoding::kPlain;
    // As a PLAIN value each. Both or neither.
    std::optional<std::string> min;
    std::optional<std::string> max;

    bool operator==(const ParquetChunk&) const = default;
};

struct ParquetRowGroup {
    std::uint64_t rows = 0;
    std::vector<ParquetChunk> chunks;  // one for each column, in their order
    bool operator==(const ParquetRowGroup&) const = default;
};

struct ParquetMetadata {
    std::vector<ParquetColumn> columns;
    std::vector<ParquetRowGroup> groups;
    std::vector<std::pair<std::string, std::string>> properties;
    std::string creator;

    std::uint64_t rows() const;
    bool operator==(const ParquetMetadata&) const = default;
};

// Appends the metadata as they stand before the last eight bytes of a file.
void append_parquet_metadata(const ParquetMetadata& metadata, ByteWriter& out);
// kCorrupt: no metadata. kUnsupported: metadata of a file that Sluice has not written.
Result<ParquetMetadata> parse_parquet_metadata(ByteSpan bytes);

}  // namespace sluice::lake
