#include "server/write/write_handler.h"

#include <string>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/write/body_parser.h"
#include "server/write/write_answers.h"
#include "server/write/write_limits.h"
#include "server/write/write_outcome.h"
#include "server/write/write_request.h"
#include "sluice/influxql/go_text.h"
#include "sluice/ingest/line_protocol.h"
#include "sluice/io/activity.h"
#include "sluice/model/errors.h"
#include "sluice/query/hidden_directory.h"

namespace sluice::server {
namespace {

// A refused or empty body of a gzip request is bounded by this guess until its size is known.
constexpr std::uint64_t kGzipRatioGuess = 6;

constexpr std::string_view kTooSparse =
    "too many different fields in too many lines: send them in smaller requests";

bool is_consistency_level(std::string_view level) {
    for (const std::string_view known : {"", "all", "any", "one", "quorum"}) {
        if (http::equals_ignoring_case(level, known)) return true;
    }
    return false;
}

Result<void> inflate(CoreServices& services, const BodyBuffer& body, BodyBuffer& inflated,
                     const WriteRequest& request) {
    const io::Activity activity("inflate a body");
    auto done = services.gzip.decode({body.data(), body.size()}, inflated, request.body_bytes_max);
    if (done.ok() || request.api == WriteApi::kV1) return done;
    if (done.error().kind != ErrorKind::kInvalid) return done;
    return Error{ErrorKind::kInvalid, platform_gzip_text(done.error().message, body.size())};
}

// Receives the body, and inflates it if need be. It returns false when an error has been answered
// or the client is gone.
io::Task<bool> receive_body(Connection& connection, const WriteRequest& request,
                            engine::Permit& permit, BodyPool::Lease& body) {
    CoreServices& services = connection.services();
    if (!connection.take_buffered_body(*body, request.body_bytes_max)) {
        const BodyStatus status =
            co_await connection.read_body(*body, request.body_bytes_max, permit);
        switch (status) {
            case BodyStatus::kComplete:
                break;
            case BodyStatus::kTooLarge:
                answer_too_large(connection, request);
                co_return false;
            case BodyStatus::kBusy: {
                const Error error{ErrorKind::kBusy, std::string(model::kServerBusy)};
                answer_busy(connection, request, error);
                co_return false;
            }
            case BodyStatus::kMalformed:
                answer_unreadable(connection, request, connection.malformed_text());
                co_return false;
            case BodyStatus::kCut:
                answer_unreadable(connection, request, "unexpected EOF");
                co_return false;
            case BodyStatus::kGone:
                co_return false;
        }
    }
    services.metrics.write_body_bytes.add(body->size());
    if (!request.gzip) co_return true;

    BodyPool::Lease inflated = services.bodies.take();
    const auto decoded = inflate(services, *body, *inflated, request);
    if (!decoded.ok()) {
        if (decoded.error().kind == ErrorKind::kTooLarge) {
            answer_too_large(connection, request);
        } else {
            answer_failure(connection, request, decoded.error());
        }
        co_return false;
    }
    body = std::move(inflated);
    if (body->size() > permit.bytes()) {
        const auto grown = permit.grow_to(body->size());
        if (!grown.ok()) {
            answer_busy(connection, request, grown.error());
            co_return false;
        }
    }
    co_return true;
}

void remember_rejections(Connection& connection, const WriteRequest& request,
                         const WriteReport& report) {
    CoreServices& services = connection.services();
    services.metrics.lines_rejected.add(report.parsed.rejected);
    services.metrics.points_dropped.add(report.dropped() + report.parsed.beyond_retention);
    std::size_t room = RejectRing::kPerRequestMax;
    for (const auto* list : {&report.parsed.rejections, report.refused}) {
        for (const model::Rejection& rejection : *list) {
            if (room-- == 0) return;
            services.rejects.add(request.now, request.database, connection.peer_address(),
                                 rejection);
        }
    }
}

void answer_outcome(Connection& connection, const WriteRequest& request,
                    const WriteReport& report) {
    CoreServices& services = connection.services();
    services.metrics.points_ok.add(report.outcome.rows_written);
    services.metrics.values_ok.add(report.outcome.values_written);
    if (report.is_clean()) [[likely]] {
        connection.answer_no_content();
        return;
    }
    remember_rejections(connection, request, report);
    if (request.api == WriteApi::kV1) {
        refuse(connection, 400, partial_write_text(report));
    } else {
        answer_platform_error(connection, 422,
                              "failure writing points to database: " + partial_write_text(report));
    }
}

// Refuses a body of which nothing is written: no line was good (1.x), or one was bad (2.x). It
// returns false when there is nothing to refuse.
bool refuse_unparsable(Connection& connection, const WriteRequest& request,
                       const WriteReport& report) {
    const ingest::ParseResult& parsed = report.parsed;
    if (parsed.rejected == 0) return false;
    if (request.api == WriteApi::kV2) {
        remember_rejections(connection, request, report);
        const model::Rejection& first = parsed.rejections.front();
        answer_platform_error(connection, 400, first.message, first.line);
        return true;
    }
    if (parsed.rows + parsed.dropped + parsed.beyond_retention != 0) return false;
    remember_rejections(connection, request, report);
    refuse(connection, 400, joined_parse_errors(parsed));
    return true;
}

// Refuses an unknown consistency level. It returns false when there is nothing to refuse.
bool refuse_consistency(Connection& connection, const WriteRequest& request) {
    const std::string_view level = connection.parameters().get("consistency");
    if (request.api == WriteApi::kV2 || is_consistency_level(level)) return false;
    refuse(connection, 400, "invalid consistency level");
    return true;
}

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

// A batch may take more than its text, where most of its fields have no value in most of its rows.
bool grow_for_batch(engine::Permit& permit, const model::PointBatch& batch) {
    const std::uint64_t bytes = batch.cell_count() * sizeof(std::uint64_t);
    return bytes <= permit.bytes() || permit.grow_to(bytes).ok();
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
    if (head.minor_version == 0 && !head.length_is_said) {
        connection.close_after_answer();
        answer_write_error(connection, request, 411,
                           "a write by HTTP/1.0 needs a Content-Length: without it nothing of the "
                           "body is read");
        co_return;
    }
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
