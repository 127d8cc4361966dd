// Tells the uses of a log file apart: a file is used again and again under one name.
#pragma once

#include <compare>
#include <cstdint>

#include "sluice/base/bytes.h"

namespace sluice::storage {

struct LogUse {
    std::uint64_t head_id = 0;
    // Rises in a store whenever a file is taken into use. 0: it is not in use, or nobody can tell.
    std::uint64_t number = 0;
    auto operator<=>(const LogUse&) const = default;
};

// What the first sector of the file says.
LogUse log_use(ByteSpan first_sector);

}  // namespace sluice::storage
