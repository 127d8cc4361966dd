// The time of day for a command that runs no core. What runs on a core asks its reactor, whose
// clock tests can set.
#pragma once

#include <cstdint>

namespace sluice::io {

// Nanoseconds since 1970-01-01 00:00:00 UTC.
std::int64_t wall_clock_ns();

}  // namespace sluice::io
