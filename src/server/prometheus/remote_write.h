// POST /api/v1/prom/write: what Prometheus' remote_write sends.
#pragma once

#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

// Answers the connection's present request.
io::Task<void> handle_remote_write(Connection& connection);

}  // namespace sluice::server
