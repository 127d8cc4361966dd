// The body of a write: admitted, received, and inflated if need be.
#pragma once

#include <optional>

#include "server/services/buffer_pool.h"
#include "server/services/rate_limits.h"
#include "server/services/request_timer.h"
#include "server/write/write_request.h"
#include "sluice/engine/admission.h"
#include "sluice/io/task.h"
#include "sluice/model/point_batch.h"

namespace sluice::server {

class Connection;

// What a write holds from its admission to its answer.
struct WriteBody {
    RateLimits::Fitting limits;  // to be charged with what has been written
    engine::Permit permit;
    BodyPool::Lease bytes;
    std::optional<RequestTimer> timer;  // since there was room for it
};

// Asks the limits and admission for room, in that order, receives the body, and inflates it where
// the request says gzip. It returns false when an error has been answered or the client is gone.
// Everything outlives the task.
io::Task<bool> receive_body(Connection& connection, const WriteRequest& request, WriteBody& body);

// A batch may take more than its text: where most of its fields have no value in most of its rows,
// or where it has a table for each line. It returns false where there is no room.
bool grow_for_batch(engine::Permit& permit, const model::PointBatch& batch);

}  // namespace sluice::server
