// POST /write and POST /api/v2/write: line protocol in, 204 when every point is durable.
#pragma once

#include <cstdint>

#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

// The same points, two contracts: 1.x lets good lines land beside bad ones and names database and
// policy in `db` and `rp`; 2.x refuses a body with a malformed line and names a bucket.
enum class WriteApi : std::uint8_t { kV1, kV2 };

io::Task<void> handle_write(Connection& connection, WriteApi api);

}  // namespace sluice::server
