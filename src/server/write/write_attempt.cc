#include "server/write/write_attempt.h"

#include <utility>

#include "server/http/connection.h"
#include "server/write/write_answers.h"
#include "sluice/io/event.h"
#include "sluice/io/timer.h"

namespace sluice::server {
namespace {

// Answers the client if the write is not over at its deadline. A timer alone: most writes are over
// in a millisecond, and a coroutine that waits beside each would cost more than a tenth of a short
// one.
class LateAnswer final : private io::Timer {
public:
    // Both outlive it.
    LateAnswer(Connection& connection, const WriteRequest& request)
        : Timer(&fire), connection_(connection), request_(request) {}

    void begin(std::int64_t deadline_ns) { io::start_timer(*this, deadline_ns); }
    // The write is over. It must be awaited then, while it is being told.
    void end() { io::cancel_timer(*this); }
    bool is_being_told() const { return is_being_told_; }
    bool was_told() const { return was_told_; }
    io::Event::Waiter wait() { return told_.wait(); }

private:
    static void fire(io::Timer& timer) {
        auto& self = static_cast<LateAnswer&>(timer);
        self.connection_.services().background.spawn(self.tell());
    }
    io::Task<void> tell() {
        is_being_told_ = true;
        was_told_ = true;
        connection_.services().metrics.write_timeouts.add();
        answer_write_error(connection_, request_, 500,
                           request_.api == WriteApi::kV2
                               ? "unexpected error writing points to database: timeout"
                               : "timeout");
        (void)co_await connection_.flush();
        is_being_told_ = false;
        told_.notify_all();
    }

    Connection& connection_;
    const WriteRequest& request_;
    bool is_being_told_ = false;
    bool was_told_ = false;
    io::Event told_;
};

}  // namespace

io::Task<bool> attempt_write(Connection& connection, const WriteRequest& request,
                             engine::WriteTarget& target, WriteScratch& scratch,
                             WriteReport& report) {
    CoreServices& services = connection.services();
    // InfluxDB looks at the level after it has parsed the body.
    if (refuse_consistency(connection, request)) co_return false;
    if (report.parsed.rows == 0) {
        answer_outcome(connection, request, report);
        co_return false;
    }
    if (!services.config().limits.empty()) {
        services.rate_limits.bound_names(target, connection.user());
    }
    const std::int64_t timeout_ns = services.config().coordinator.write_timeout.ns;
    LateAnswer late(connection, request);
    if (timeout_ns != 0) late.begin(services.reactor.monotonic_ns() + timeout_ns);
    // In two steps, and so in all coroutines here: GCC 12 destroys the temporary of an awaited
    // aggregate twice.
    io::Task<engine::WriteOutcome> writing =
        services.core.write(target, scratch.batch, scratch.rejections);
    engine::WriteOutcome outcome = co_await writing;
    late.end();
    while (late.is_being_told()) co_await late.wait();
    if (late.was_told()) co_return false;
    if (outcome.status == engine::WriteStatus::kParseAgain) co_return true;
    report.outcome = std::move(outcome);
    if (report.outcome.status == engine::WriteStatus::kFailed) {
        services.metrics.points_failed.add(report.parsed.rows);
        answer_failure(connection, request, report.outcome.error);
    } else {
        answer_outcome(connection, request, report);
    }
    co_return false;
}

}  // namespace sluice::server
