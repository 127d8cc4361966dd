// /debug/pprof: what the process is at, in the form of Go's net/http/pprof.
#pragma once

#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

// Answers the connection's present request, by its path.
io::Task<void> handle_profile(Connection& connection);

}  // namespace sluice::server
