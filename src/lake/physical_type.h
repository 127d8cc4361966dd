// How the bytes of Sluice's types of columns look in Parquet.
#pragma once

#include <cstdint>

#include "sluice/lake/parquet_metadata.h"

namespace sluice::lake {

// 2^64 - 1 has 20 digits; 10^20 needs 9 bytes with its sign.
inline constexpr int kUnsignedDigits = 20;
inline constexpr int kUnsignedBytes = 9;

// The numbers are those of parquet.thrift: Type.
enum PhysicalType : std::int32_t {
    kPhysicalBoolean = 0,
    kPhysicalInt32 = 1,
    kPhysicalInt64 = 2,
    kPhysicalDouble = 5,
    kPhysicalBytes = 6,
    kPhysicalFixedBytes = 7,
};

constexpr PhysicalType physical_type_of(ParquetType type) {
    switch (type) {
        case ParquetType::kTime:
        case ParquetType::kInteger:
            return kPhysicalInt64;
        case ParquetType::kNanos:
            return kPhysicalInt32;
        case ParquetType::kFloat:
            return kPhysicalDouble;
        case ParquetType::kUnsigned:
            return kPhysicalFixedBytes;
        case ParquetType::kBoolean:
            return kPhysicalBoolean;
        case ParquetType::kString:
            break;
    }
    return kPhysicalBytes;
}

// Bytes of a PLAIN value; 0 where they differ (strings) or are less than one (booleans).
constexpr std::size_t plain_bytes_of(ParquetType type) {
    switch (physical_type_of(type)) {
        case kPhysicalInt64:
        case kPhysicalDouble:
            return 8;
        case kPhysicalInt32:
            return 4;
        case kPhysicalFixedBytes:
            return kUnsignedBytes;
        default:
            return 0;
    }
}

}  // namespace sluice::lake
