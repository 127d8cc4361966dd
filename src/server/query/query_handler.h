// GET and POST /query: InfluxQL in, results streamed as JSON or CSV.
#pragma once

#include <cstdint>

#include "sluice/http/url.h"
#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

io::Task<void> handle_query(Connection& connection);

// In which shape a request that cannot be run is answered.
enum class ErrorShape : std::uint8_t { kV1, kPlatform };

// Runs the query that `parameters` describe, as those of /query do, and answers it in the format
// that the client accepts. The body has been read.
io::Task<void> answer_query(Connection& connection, const http::Parameters& parameters,
                            ErrorShape shape);

}  // namespace sluice::server
