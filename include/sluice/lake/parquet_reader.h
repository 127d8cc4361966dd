// Reads Parquet files that Sluice has written: to look at one, and to hold it against its source.
// Whatever other writers do differently is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"
#include "sluice/lake/parquet_metadata.h"

namespace sluice::lake {

// The values of one chunk. A row without a value has none in `words` or `texts`.
struct ParquetValues {
    PodVector<std::uint32_t> levels;  // of each row: 1 with a value, 0 without
    PodVector<std::uint64_t> words;   // of all types but strings; booleans as 0 or 1
    std::vector<std::string> texts;
};

class ParquetReader {
public:
    // `file` is the whole file and outlives the reader. kCorrupt: it is none, or damaged.
    // kUnsupported: Sluice has not written it.
    static Result<ParquetReader> open(ByteSpan file);

    const ParquetMetadata& metadata() const { return metadata_; }
    // Checks and unpacks every page of the chunk.
    Result<ParquetValues> read(std::size_t group, std::size_t column) const;

private:
    ParquetReader(ByteSpan file, ParquetMetadata metadata)
        : file_(file), metadata_(std::move(metadata)) {}

    ByteSpan file_;
    ParquetMetadata metadata_;
};

}  // namespace sluice::lake
