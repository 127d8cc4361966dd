// From a request to its handler.
#pragma once

#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

// Answers the connection's present request. Counts it, and refuses unknown paths and methods.
io::Task<void> serve_request(Connection& connection);

}  // namespace sluice::server
