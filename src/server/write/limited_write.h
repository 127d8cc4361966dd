// What the [[limits]] say of one write.
#pragma once

#include <cstdint>

#include "server/services/rate_limits.h"
#include "server/write/write_request.h"
#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

// Asks before the body is read whether the write may come; where not, that has been answered: 503
// on 1.x and 429 on 2.x, both with Retry-After. `limits` are then those to charge.
io::Task<bool> admit_by_rate(Connection& connection, const WriteRequest& request,
                             RateLimits::Fitting& limits);
// Charges what has been written, without waiting.
void charge(Connection& connection, RateLimits::Fitting limits, std::uint64_t points,
            std::uint64_t bytes);

}  // namespace sluice::server
