// How long a string can be that is stored.
#pragma once

#include <cstdint>

#include "sluice/base/units.h"

namespace sluice::storage {

// No string value is longer, whatever the server is told to take.
inline constexpr std::uint64_t kStringBytesMax = 4 * kMiB;

}  // namespace sluice::storage
