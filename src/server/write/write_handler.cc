#include "server/write/write_handler.h"

#include <string>

#include "server/http/connection.h"
#include "server/write/body_parser.h"
#include "server/write/write_answers.h"
#include "server/write/write_body.h"
#include "server/write/write_limits.h"
#include "server/write/write_outcome.h"
#include "server/write/write_request.h"
#include "sluice/ingest/line_protocol.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

// A refused or empty body of a gzip request is bounded by this guess until its size is known.
constexpr std::uint64_t kGzipRatioGuess = 6;

constexpr std::string_view kTooSparse =
    "too many different fields in too many lines: send them in smaller requests";

// InfluxDB 1.x looks for the policy last, so anything else that is wrong with the request is
// answered first. Nothing is kept of what is parsed here, and one good point is enough. It returns
// false when nothing else is wrong.
io::Task<bool> refuse_without_policy(Connection& connection, const WriteRequest& request,
                                     std::string_view text, const ingest::ParseOptions& options) {
    ingest::LineProtocolParser parser;
    const model::ShardMap shards({}, kWeekNs, INT64_MIN);
    const std::vector<model::Rejection> refused;
    model::SeriesIndex index;
    model::PointBatch batch;
    WriteReport report;
    report.refused = &refused;
    std::size_t at = 0;
    bool more = true;
    while (more && report.parsed.rows == 0) {
        more = parser.parse_piece(text, kParseSliceBytes, at, options, shards, index, batch,
                                  report.parsed);
        if (connection.services().reactor.needs_yield()) {
            co_await connection.services().reactor.yield();
        }
    }
    if (refuse_unparsable(connection, request, report)) co_return true;
    co_return refuse_consistency(connection, request);
}

io::Task<void> write_points(Connection& connection, const WriteRequest& request,
                            const BodyBuffer& body, engine::Permit& permit) {
    CoreServices& services = connection.services();
    ScratchPool::Lease scratch = services.scratch.take();
    ingest::ParseOptions options;
    options.precision = request.precision;
    options.now = request.now;
    options.stop_at_first_error = request.api == WriteApi::kV2;
    options.string_bytes_max = string_bytes_max(services.config());
    options.cells_max = cells_max(services.core.admission().bytes_max());
    const std::string_view text = as_text({body.data(), body.size()});
    WriteReport report;
    report.refused = &scratch->rejections;
    std::size_t piece_bytes = kParseSliceBytes;
    for (;;) {
        const auto target = services.core.resolve(request.database, request.policy);
        if (!target.ok()) {
            bool answered = false;
            if (request.api == WriteApi::kV1 && target.error().kind == ErrorKind::kNotFound) {
                answered = co_await refuse_without_policy(connection, request, text, options);
            }
            if (!answered) answer_failure(connection, request, target.error());
            co_return;
        }
        scratch->clear();
        report.parsed = {};
        BodyParser pieces(services, text, options, *target, scratch->batch, report.parsed);
        bool has_room = true;
        bool more = true;
        while (more && has_room) {
            more = pieces.parse(piece_bytes);
            has_room = grow_for_batch(permit, scratch->batch);
            if (!more) break;
            if (services.reactor.needs_yield()) co_await services.reactor.yield();
            if (!pieces.head_is_same()) break;
        }
        if (!has_room) {
            answer_busy(connection, request,
                        {ErrorKind::kBusy, std::string(model::kTooManyBytesInFlight)});
            co_return;
        }
        if (!pieces.head_is_same()) {
            // Series numbers of another head mean nothing, so the body is parsed again. The head
            // could change again, so this time it is parsed in one turn.
            piece_bytes = text.size();
            continue;
        }
        if (report.parsed.is_too_sparse) {
            answer_write_error(connection, request, 413, kTooSparse);
            co_return;
        }
        if (refuse_unparsable(connection, request, report)) co_return;
        if (refuse_consistency(connection, request)) co_return;
        if (report.parsed.rows == 0) break;
        // In two steps, and so in all coroutines here: GCC 12 destroys the temporary of an awaited
        // aggregate twice.
        io::Task<engine::WriteOutcome> writing =
            services.core.write(*target, scratch->batch, scratch->rejections);
        engine::WriteOutcome outcome = co_await writing;
        report.outcome = std::move(outcome);
        if (report.outcome.status != engine::WriteStatus::kParseAgain) break;
    }
    if (report.outcome.status == engine::WriteStatus::kFailed) {
        services.metrics.points_failed.add(report.parsed.rows);
        answer_failure(connection, request, report.outcome.error);
        co_return;
    }
    answer_outcome(connection, request, report);
}

}  // namespace

// The order of the steps is that of the answers: parameters, size, room, and only then the body.
io::Task<void> handle_write(Connection& connection, WriteApi api) {
    CoreServices& services = connection.services();
    services.metrics.writes.add();
    WriteRequest request;
    request.api = api;
    request.now = services.reactor.wall_ns();
    if (!understand(connection, request)) co_return;

    const http::Request& head = connection.request();
    if (refuse_without_length(connection, request)) co_return;
    if (head.content_length > request.body_bytes_max) {
        answer_too_large(connection, request);
        co_return;
    }
    auto admitted = services.core.admission().try_admit(
        request.gzip ? head.content_length * kGzipRatioGuess : head.content_length);
    if (!admitted.ok()) {
        answer_busy(connection, request, admitted.error());
        co_return;
    }
    engine::Permit permit = std::move(admitted).value();
    BodyPool::Lease body = services.bodies.take();
    const std::int64_t began_ns = services.reactor.precise_ns();
    services.metrics.writes_active.add();
    const bool received = co_await receive_body(connection, request, permit, body);
    if (received) {
        connection.release_input();
        co_await write_points(connection, request, *body, permit);
    }
    services.metrics.writes_active.subtract();
    const auto took_ns = static_cast<std::uint64_t>(services.reactor.precise_ns() - began_ns);
    services.metrics.write_ns.add(took_ns);
    services.metrics.write_latency_ns.record(took_ns);
}

}  // namespace sluice::server
