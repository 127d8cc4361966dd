// A WriteRefusal is what a client is told of a write that failed as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/write/write_request.h"
#include "sluice/base/result.h"

namespace sluice::server {

struct WriteRefusal {
    std::uint16_t status = 0;
    std::string message;
};

// Returns the refusal for an error that is the client's own; nothing for every other error, which
// means "later": 503 with Retry-After. A database that is gone is 404, but a policy 500, as in
// InfluxDB 1.x; for 2.x either is the bucket.
std::optional<WriteRefusal> refusal_of(const WriteRequest& request, const Error& error);

// Returns what the client is told of a body that is too large.
std::string_view too_large_text(WriteApi api);

}  // namespace sluice::server
