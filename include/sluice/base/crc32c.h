// CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum of every on-disk structure.
#pragma once

#include <cstdint>

#include "sluice/base/bytes.h"

namespace sluice {

// The checksum of `bytes`, continued from `seed` (the checksum of what comes before; 0 at the
// start). Uses SSE 4.2 when the processor has it; the table path gives the same value.
std::uint32_t crc32c(ByteSpan bytes, std::uint32_t seed = 0);

namespace detail {
std::uint32_t crc32c_portable(ByteSpan bytes, std::uint32_t seed);
}

}  // namespace sluice
