#include "server/write/write_handler.h"

#include <string>
#include <utility>

#include "server/http/connection.h"
#include "server/write/body_parser.h"
#include "server/write/limited_write.h"
#include "server/write/piece_size.h"
#include "server/write/write_answers.h"
#include "server/write/write_attempt.h"
#include "server/write/write_body.h"
#include "server/write/write_limits.h"
#include "server/write/write_outcome.h"
#include "server/write/write_request.h"
#include "sluice/ingest/line_protocol.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

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

// Returns the number of points that came.
io::Task<std::uint64_t> write_points(Connection& connection, const WriteRequest& request,
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
    // What is one piece is parsed sooner than the clock is worth asking.
    bool may_yield = text.size() > PieceSize().bytes();
    // One turn of this loop is one attempt. It is repeated only where another head has become
    // active, because series have numbers of their own in each head; the target is resolved anew,
    // because databases may have gone meanwhile.
    for (;;) {
        auto target = services.core.resolve(request.database, request.policy);
        if (!target.ok()) {
            bool answered = false;
            if (request.api == WriteApi::kV1 && target.error().kind == ErrorKind::kNotFound) {
                answered = co_await refuse_without_policy(connection, request, text, options);
            }
            if (!answered) answer_failure(connection, request, target.error());
            co_return report.parsed.rows;
        }
        scratch->clear();
        report.parsed = {};
        BodyParser pieces(services, text, options, *target, scratch->batch, report.parsed);
        PieceSize piece;
        bool has_room = true;
        bool more = true;
        while (more && has_room) {
            more = pieces.parse(piece.bytes());
            // A batch of many fields in few lines takes more than its text: the permit follows it
            // piece by piece.
            has_room = grow_for_batch(permit, scratch->batch);
            if (more) piece.choose(scratch->batch);
            // Others may run here, and a flush may begin: that is what head_is_same() is about. At
            // the end, too, as the batch is checked and logged in one turn.
            if (may_yield && services.reactor.needs_yield()) co_await services.reactor.yield();
            if (!pieces.head_is_same()) break;
        }
        if (report.parsed.is_too_sparse) {
            answer_write_error(connection, request, 413, kTooSparse);
            co_return report.parsed.rows;
        }
        if (!has_room) {
            answer_busy(connection, request,
                        {ErrorKind::kBusy, std::string(model::kTooManyBytesInFlight)});
            co_return report.parsed.rows;
        }
        if (!pieces.head_is_same()) {
            // Series numbers of another head mean nothing, so the body is parsed again. The head
            // could change again, so this time it is parsed in one turn.
            may_yield = false;
            continue;
        }
        if (refuse_unparsable(connection, request, report)) co_return report.parsed.rows;
        scratch->batch.finish();
        io::Task<bool> writing = attempt_write(connection, request, *target, *scratch, report);
        const bool again = co_await writing;
        if (!again) co_return report.parsed.rows;
    }
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

    WriteBody body;
    const bool received = co_await receive_body(connection, request, body);
    if (!received) co_return;
    const std::uint64_t points =
        co_await write_points(connection, request, *body.bytes, body.permit);
    charge(connection, std::move(body.limits), points, body.bytes->size());
}

}  // namespace sluice::server
