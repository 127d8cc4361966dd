// Names and numbers of the segment file that writer and reader share; see SEGMENT_FORMAT.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/model/field_type.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::storage {

inline constexpr std::string_view kSegmentMagic = "SLUICSEG";
inline constexpr std::uint32_t kSegmentVersion = 1;

struct SegmentColumn {
    std::string name;
    model::FieldType type = model::FieldType::kFloat;
    bool operator==(const SegmentColumn&) const = default;
};

// What a manifest records of a segment. Ranges are inclusive; sequence_max is 0 where the segment
// has no sequence column.
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

}  // namespace sluice::storage
