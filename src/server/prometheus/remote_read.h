// POST /api/v1/prom/read: what Prometheus' remote_read asks.
#pragma once

#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

// Answers the connection's present request.
io::Task<void> handle_remote_read(Connection& connection);

}  // namespace sluice::server
