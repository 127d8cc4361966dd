// POST /api/v2/query: InfluxQL for clients of 2.x, who may also send Flux, which there is none of.
#pragma once

#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

io::Task<void> handle_platform_query(Connection& connection);

}  // namespace sluice::server
