// Names and numbers of the write-ahead log that writer and reader share; see WAL_FORMAT.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/bytes.h"

namespace sluice::storage {

inline constexpr std::uint32_t kWalMagic = 0x46574C53;  // "SLWF"
inline constexpr std::uint16_t kWalVersion = 1;
inline constexpr std::size_t kWalHeaderBytes = 64;

// The header says which head a frame belongs to and where it stands in its log. A frame of an
// earlier use of the file is recognised by it.
struct WalFrameHeader {
    std::uint64_t head_id = 0;
    std::uint64_t frame_number = 0;   // from 1 within the head
    std::uint64_t previous_hash = 0;  // of frame_number - 1; 0 before the first
    std::uint64_t log_number = 0;     // rises each time a file is taken into use
    std::uint64_t store_id = 0;
    std::uint32_t payload_bytes = 0;
    std::uint32_t payload_crc = 0;
    // The head's frames up to this one were durable when this one was begun; 0 where the version
    // that wrote it did not say.
    std::uint32_t durable_frame = 0;
    std::uint32_t header_crc = 0;

    // The hash by which the next frame names this one.
    std::uint64_t hash() const { return std::uint64_t{header_crc} << 32 | payload_crc; }
    // The last frame of the head that had been acknowledged for sure when this one was written: no
    // more than two writes are in flight.
    std::uint64_t acknowledged_frame() const {
        const std::uint64_t counted = frame_number < 2 ? 0 : frame_number - 2;
        return counted < durable_frame ? durable_frame : counted;
    }
    // In the file, padding included.
    std::uint64_t frame_bytes() const { return align_up(kWalHeaderBytes + payload_bytes); }
};

// Writes the header with its checksum, which is also set in `header`.
void encode_wal_header(WalFrameHeader& header, std::byte* to);

enum class WalHeaderState : std::uint8_t {
    kIntact,
    kEmpty,        // zeroes: never written
    kDamaged,      // not a header, or its checksum fails
    kUnsupported,  // intact, of a newer version
};

// `from` has kWalHeaderBytes.
WalHeaderState decode_wal_header(const std::byte* from, WalFrameHeader& header);

// A payload is made of items, each introduced by its kind.
enum class WalItem : std::uint8_t {
    kSeries = 1,  // canonical keys of consecutive series ids, front-coded
    kTable = 2,   // memtable id -> shard group, measurement
    kColumn = 3,  // memtable id, column index -> type, name
    kRows = 4,    // rows of one table of a batch
};

// How the series ids and times of a kRows item are written.
enum class WalSeriesMode : std::uint8_t { kRaw = 0, kConsecutive = 1, kConstant = 2 };
enum class WalTimeMode : std::uint8_t { kRaw = 0, kConstant = 1, kOffset32 = 2 };

// In a column's flags byte.
inline constexpr std::uint8_t kWalColumnHasNulls = 0x01;
inline constexpr unsigned kWalColumnTypeShift = 4;

}  // namespace sluice::storage
