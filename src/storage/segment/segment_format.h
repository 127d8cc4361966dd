// Names and numbers of the segment file that writer and reader share; see SEGMENT_FORMAT.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/codec/column_chunk.h"
#include "sluice/model/field_type.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::storage {

// First bytes of the file, and last ones.
inline constexpr std::string_view kSegmentMagic = "SLUICSEG";
inline constexpr std::uint32_t kSegmentVersion = 1;
// Of the footer.
inline constexpr std::uint8_t kFlagSequences = 1;
inline constexpr std::uint8_t kFlagRunningSums = 2;
inline constexpr std::uint8_t kFlagLineage = 4;
inline constexpr std::size_t kSegmentHeaderBytes = 16;
inline constexpr std::size_t kSegmentTrailerBytes = 32;
// Ends every structure but the trailer's magic: CRC-32C of all its bytes before.
inline constexpr std::size_t kChecksumBytes = 4;

// A piece of the file.
struct FileRange {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t end() const { return offset + size; }
};

struct SegmentColumn {
    std::string name;
    model::FieldType type = model::FieldType::kFloat;
    bool operator==(const SegmentColumn&) const = default;
};

// The facts about a segment that a manifest records. Ranges are inclusive; sequence_max is 0 where
// the segment has no sequence column.
struct SegmentMeta {
    model::ShardGroupId group = 0;
    std::uint64_t rows = 0;
    std::uint64_t values = 0;  // non-null fields
    std::uint64_t series = 0;  // summed over measurements
    model::Timestamp time_min = 0;
    model::Timestamp time_max = 0;
    std::uint64_t sequence_min = 0;
    std::uint64_t sequence_max = 0;
    std::uint64_t size_bytes = 0;  // of the file, a multiple of kDirectIoAlignment
    bool operator==(const SegmentMeta&) const = default;
};

// Appends the checksum of what `out` holds from `start` on.
void seal(ByteWriter& out, std::size_t start);
// Returns the bytes before the checksum, or an empty span when it does not match.
ByteSpan unseal(ByteSpan sealed);

// Statistics of a column that has at least one value, in the form of the block directory.
void append_statistics(ByteWriter& out, model::FieldType type, std::uint32_t rows,
                       const codec::ColumnStatistics& statistics);
// Reads statistics, and returns false when they are damaged.
bool read_statistics(ByteReader& in, model::FieldType type, std::uint32_t rows,
                     codec::ColumnStatistics& statistics);

}  // namespace sluice::storage
