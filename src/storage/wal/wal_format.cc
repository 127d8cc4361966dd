#include "storage/wal/wal_format.h"

#include <algorithm>
#include <cstring>

#include "sluice/base/crc32c.h"

namespace sluice::storage {

static_assert(60 + sizeof(std::uint32_t) == kWalHeaderBytes);  // the checksum comes last
static_assert(kWalHeaderBytes <= kDirectIoAlignment);

// Zeroed first, so that bytes which no field takes are the same in every version that has no use
// for them. The checksum covers them.
void encode_wal_header(WalFrameHeader& header, std::byte* to) {
    std::memset(to, 0, kWalHeaderBytes);
    store_le(to, kWalMagic);
    store_le(to + 4, kWalVersion);
    store_le(to + 8, header.head_id);
    store_le(to + 16, header.frame_number);
    store_le(to + 24, header.previous_hash);
    store_le(to + 32, header.log_number);
    store_le(to + 40, header.store_id);
    store_le(to + 48, header.payload_bytes);
    store_le(to + 52, header.payload_crc);
    store_le(to + 56, header.durable_frame);
    header.header_crc = crc32c({to, kWalHeaderBytes - 4});
    store_le(to + 60, header.header_crc);
}

// The checksum is looked at before the version: a header of a newer version is one only if it is
// whole, and a start that finds one stops, rather than taking it for damage and writing over it.
WalHeaderState decode_wal_header(const std::byte* from, WalFrameHeader& header) {
    if (load_le<std::uint32_t>(from) != kWalMagic) {
        const bool zero = std::all_of(from, from + kWalHeaderBytes,
                                      [](std::byte each) { return each == std::byte{0}; });
        return zero ? WalHeaderState::kEmpty : WalHeaderState::kDamaged;
    }
    header.header_crc = load_le<std::uint32_t>(from + 60);
    if (crc32c({from, kWalHeaderBytes - 4}) != header.header_crc) return WalHeaderState::kDamaged;
    if (load_le<std::uint16_t>(from + 4) != kWalVersion) return WalHeaderState::kUnsupported;
    header.head_id = load_le<std::uint64_t>(from + 8);
    header.frame_number = load_le<std::uint64_t>(from + 16);
    header.previous_hash = load_le<std::uint64_t>(from + 24);
    header.log_number = load_le<std::uint64_t>(from + 32);
    header.store_id = load_le<std::uint64_t>(from + 40);
    header.payload_bytes = load_le<std::uint32_t>(from + 48);
    header.payload_crc = load_le<std::uint32_t>(from + 52);
    header.durable_frame = load_le<std::uint32_t>(from + 56);
    return WalHeaderState::kIntact;
}

}  // namespace sluice::storage
