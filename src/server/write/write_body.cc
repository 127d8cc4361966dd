#include "server/write/write_body.h"

#include <algorithm>
#include <utility>

#include "server/http/connection.h"
#include "server/write/limited_write.h"
#include "server/write/write_answers.h"
#include "server/write/write_outcome.h"
#include "sluice/io/activity.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

// What a gzip body may become is bounded by this guess until its size is known.
constexpr std::uint64_t kGzipRatioGuess = 6;

Result<void> inflate(CoreServices& services, const BodyBuffer& body, BodyBuffer& inflated,
                     const WriteRequest& request) {
    const io::Activity activity("inflate a body");
    auto done = services.gzip.decode({body.data(), body.size()}, inflated, request.body_bytes_max);
    if (done.ok() || request.api == WriteApi::kV1) return done;
    if (done.error().kind != ErrorKind::kInvalid) return done;
    return Error{ErrorKind::kInvalid, platform_gzip_text(done.error().message, body.size())};
}

}  // namespace

// The order is that of the answers: what is wrong with the head, then limits, then room, and only
// then a byte of the body. `body` holds everything that has to be given back, so each way out may
// simply return.
io::Task<bool> receive_body(Connection& connection, const WriteRequest& request, WriteBody& body) {
    CoreServices& services = connection.services();
    const http::Request& head = connection.request();
    if (refuse_without_length(connection, request)) co_return false;
    if (head.content_length > request.body_bytes_max) {
        answer_too_large(connection, request);
        co_return false;
    }
    if (!services.config().limits.empty()) {
        const bool slow_enough = co_await admit_by_rate(connection, request, body.limits);
        if (!slow_enough) co_return false;
    }
    auto admitted = services.core.admission().try_admit(
        request.gzip ? head.content_length * kGzipRatioGuess : head.content_length,
        connection.client_bodies());
    if (!admitted.ok()) {
        answer_busy(connection, request, admitted.error());
        co_return false;
    }
    body.permit = std::move(admitted).value();
    body.bytes = services.bodies.take();
    ServerMetrics& metrics = services.metrics;
    // Since there is room: a write that is refused before takes no time of the server, and would
    // make its latency look better than it is.
    body.timer.emplace(services.reactor, metrics.writes_active, metrics.write_ns,
                       metrics.write_latency_ns);
    if (!connection.take_buffered_body(*body.bytes, request.body_bytes_max)) {
        const BodyStatus status =
            co_await connection.read_body(*body.bytes, request.body_bytes_max, body.permit);
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
    metrics.write_body_bytes.add(body.bytes->size());
    // The socket's buffer is free for another connection while the body is inflated, parsed and
    // written.
    connection.release_input();
    if (!request.gzip) co_return true;

    BodyPool::Lease inflated = services.bodies.take();
    const auto decoded = inflate(services, *body.bytes, *inflated, request);
    if (!decoded.ok()) {
        if (decoded.error().kind == ErrorKind::kTooLarge) {
            answer_too_large(connection, request);
        } else {
            answer_failure(connection, request, decoded.error());
        }
        co_return false;
    }
    // The compressed bytes go back to their pool. The permit was a guess from their number, and
    // grows to what they became.
    body.bytes = std::move(inflated);
    if (body.bytes->size() > body.permit.bytes()) {
        const auto grown = body.permit.grow_to(body.bytes->size());
        if (!grown.ok()) {
            answer_busy(connection, request, grown.error());
            co_return false;
        }
    }
    co_return true;
}

bool grow_for_batch(engine::Permit& permit, const model::PointBatch& batch) {
    // A table has about this much beside its cells: names, and lists with room for some rows. It
    // counts where a body has more tables than writers of a few measurements ever send.
    constexpr std::uint64_t kTableBytes = kKiB;
    constexpr std::uint64_t kTablesFree = 256;
    const std::uint64_t tables = std::max<std::uint64_t>(batch.table_count(), kTablesFree);
    const std::uint64_t bytes =
        batch.cell_count() * sizeof(std::uint64_t) + (tables - kTablesFree) * kTableBytes;
    return bytes <= permit.bytes() || permit.grow_to(bytes).ok();
}

}  // namespace sluice::server
