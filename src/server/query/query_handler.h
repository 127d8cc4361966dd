// GET and POST /query: InfluxQL in, results streamed as JSON or CSV.
#pragma once

#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

io::Task<void> handle_query(Connection& connection);

}  // namespace sluice::server
