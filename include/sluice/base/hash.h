// The one hash of the product: XXH3, 64 bits. Its values are fixed since xxHash 0.8, and segments
// on disk are cut by them (storage/neighbours.h).
#pragma once

#include <cstdint>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice {

inline std::uint64_t hash_bytes(std::string_view bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace sluice
