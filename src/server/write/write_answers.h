// The errors of a write, in the shape of the API that the client speaks.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/write/write_outcome.h"
#include "server/write/write_request.h"
#include "sluice/base/result.h"

namespace sluice::server {

// Errors come in the type that was asked for, as those of /query.
void refuse(Connection& connection, std::uint16_t status, std::string_view message);
void answer_write_error(Connection& connection, const WriteRequest& request, std::uint16_t status,
                        std::string_view message, std::uint32_t line = 0);
void answer_busy(Connection& connection, const WriteRequest& request, const Error& error);
void answer_too_large(Connection& connection, const WriteRequest& request);
void answer_unreadable(Connection& connection, const WriteRequest& request, std::string_view why);
// Answers a write that failed as a whole. Every kind but the client's own mistakes means "later":
// 503 with Retry-After.
void answer_failure(Connection& connection, const WriteRequest& request, const Error& error);

// Answers a write that was carried out: 204, or what of it was refused, which is remembered.
void answer_outcome(Connection& connection, const WriteRequest& request, const WriteReport& report);
// Refuses a body of which nothing is written: no line was good (1.x), or one was bad (2.x). It
// returns false when there is nothing to refuse.
bool refuse_unparsable(Connection& connection, const WriteRequest& request,
                       const WriteReport& report);
// Refuses an unknown consistency level. It returns false when there is nothing to refuse.
bool refuse_consistency(Connection& connection, const WriteRequest& request);
// Refuses a request by HTTP/1.0 that does not say how long its body is. It returns false when there
// is nothing to refuse.
bool refuse_without_length(Connection& connection, const WriteRequest& request);

}  // namespace sluice::server
