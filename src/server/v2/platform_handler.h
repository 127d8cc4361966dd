// Serves the endpoints of the 2.x API that are neither writes nor queries.
#pragma once

#include "server/v2/platform_routes.h"
#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

// `match` is one that was found for the present request of the connection.
io::Task<void> handle_platform(Connection& connection, PlatformMatch match);

}  // namespace sluice::server
