// An attempt to write the points that were made of a request: what all writers by HTTP do once
// their bodies are parsed.
#pragma once

#include "server/services/buffer_pool.h"
#include "server/write/write_outcome.h"
#include "server/write/write_request.h"
#include "sluice/engine/core.h"
#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

// Writes the batch of `scratch` and answers the client. It returns true where nothing is written
// and nothing answered because another head has become active: the points are to be made again.
//
// A write has `[coordinator] write-timeout` to become durable (InfluxDB 1.8,
// coordinator/points_writer.go: ErrTimeout). Where that is not enough, the client is answered 500
// `timeout` at that moment; the points may land all the same, and the task completes when that is
// settled, because the kernel still works with the batch. Everything outlives the task.
io::Task<bool> attempt_write(Connection& connection, const WriteRequest& request,
                             engine::WriteTarget& target, WriteScratch& scratch,
                             WriteReport& report);

}  // namespace sluice::server
