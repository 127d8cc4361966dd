#include "server/write/timed_write.h"

#include "server/http/connection.h"
#include "server/write/write_answers.h"
#include "sluice/io/event.h"

namespace sluice::server {
namespace {

// The write, and word of its end.
struct Running {
    engine::WriteOutcome outcome;
    bool done = false;
    io::Event ended;
};

io::Task<void> run(engine::Core& core, const engine::WriteTarget& target, model::PointBatch& batch,
                   std::vector<model::Rejection>& rejections, Running& running) {
    io::Task<engine::WriteOutcome> writing = core.write(target, batch, rejections);
    running.outcome = co_await writing;
    running.done = true;
    running.ended.notify_all();
}

}  // namespace

io::Task<engine::WriteOutcome> write_in_time(Connection& connection, const WriteRequest& request,
                                             const engine::WriteTarget& target,
                                             model::PointBatch& batch,
                                             std::vector<model::Rejection>& rejections,
                                             bool& answered) {
    CoreServices& services = connection.services();
    const std::int64_t timeout_ns = services.config().coordinator.write_timeout.ns;
    if (timeout_ns == 0) {
        io::Task<engine::WriteOutcome> writing = services.core.write(target, batch, rejections);
        engine::WriteOutcome outcome = co_await writing;
        co_return outcome;
    }
    const std::int64_t deadline_ns = services.reactor.monotonic_ns() + timeout_ns;
    Running running;
    io::Task<void> task = run(services.core, target, batch, rejections, running);
    bool in_time = true;
    while (!running.done && in_time) in_time = co_await running.ended.wait_until(deadline_ns);
    if (!running.done) {
        answered = true;
        services.metrics.write_timeouts.add();
        answer_write_error(connection, request, 500,
                           request.api == WriteApi::kV2
                               ? "unexpected error writing points to database: timeout"
                               : "timeout");
        (void)co_await connection.flush();
    }
    co_await task;
    co_return std::move(running.outcome);
}

}  // namespace sluice::server
