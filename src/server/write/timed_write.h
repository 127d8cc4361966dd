// A write of points that has `[coordinator] write-timeout` to become durable (InfluxDB 1.8,
// coordinator/points_writer.go: ErrTimeout).
#pragma once

#include <vector>

#include "server/write/write_request.h"
#include "sluice/engine/core.h"
#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

// Writes the batch. Where that takes too long, the client is answered 500 `timeout` at that moment,
// and `answered` is set; the points may land all the same, and the task completes when that is
// settled, because the kernel still works with the batch. Everything outlives the task.
io::Task<engine::WriteOutcome> write_in_time(Connection& connection, const WriteRequest& request,
                                             const engine::WriteTarget& target,
                                             model::PointBatch& batch,
                                             std::vector<model::Rejection>& rejections,
                                             bool& answered);

}  // namespace sluice::server
