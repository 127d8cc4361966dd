#include "server/write/write_body.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/http/connection.h"
#include "server/write/limited_write.h"
#include "server/write/write_answers.h"
#include "server/write/write_outcome.h"
#include "sluice/io/activity.h"
#include "sluice/io/aside.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

// What a gzip body may become is bounded by this guess until its size is known.
constexpr std::uint64_t kGzipRatioGuess = 6;

// Below it a body is inflated within a millisecond or two.
constexpr std::uint64_t kInflateHereBytes = kMiB;

// Both buffers outlive the task.
io::Task<Result<void>> decode(CoreServices& services, const BodyBuffer& body, BodyBuffer& inflated,
                              std::uint64_t bytes_max) {
    const ByteSpan compressed(body.data(), body.size());
    const std::uint64_t expected = http::GzipDecoder::expected_bytes(compressed);
    if (std::min(expected, bytes_max) <= kInflateHereBytes) {
        const io::Activity activity("inflate a body");
        co_return services.gzip.decode(compressed, inflated, bytes_max);
    }
    // Tens of milliseconds, in which the core serves others.
    const auto work = [compressed, &inflated, bytes_max] {
        http::GzipDecoder decoder;
        return decoder.decode(compressed, inflated, bytes_max);
    };
    io::Task<Result<void>> working = io::run_aside(work);
    Result<void> done = co_await working;
    co_return done;
}

// The permit covers what comes out before it does: what the body says of its size, and where that
// is not enough, all that it may become. kBusy: there is no room.
io::Task<Result<void>> inflate(CoreServices& services, WriteBody& body, BodyBuffer& inflated,
                               const WriteRequest& request) {
    const ByteSpan compressed(body.bytes->data(), body.bytes->size());
    const std::uint64_t most =
        std::min<std::uint64_t>(http::GzipDecoder::bytes_max(compressed), request.body_bytes_max);
    const std::uint64_t expected =
        std::min<std::uint64_t>(http::GzipDecoder::expected_bytes(compressed), most);
    const std::array<std::uint64_t, 2> rooms{expected, most};
    Result<void> done;
    for (const std::uint64_t room : rooms) {
        if (room > body.permit.bytes()) {
            SLUICE_CO_TRY_VOID(body.permit.grow_to(room));
        }
        const std::uint64_t covered = std::min(body.permit.bytes(), most);
        io::Task<Result<void>> decoding = decode(services, *body.bytes, inflated, covered);
        done = co_await decoding;
        const bool is_cut = !done.ok() && done.error().kind == ErrorKind::kTooLarge;
        if (!is_cut || covered == most) break;
    }
    if (done.ok() || request.api == WriteApi::kV1) co_return done;
    if (done.error().kind != ErrorKind::kInvalid) co_return done;
    co_return Error{ErrorKind::kInvalid,
                    platform_gzip_text(done.error().message, compressed.size())};
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
    io::Task<Result<void>> inflating = inflate(services, body, *inflated, request);
    const Result<void> decoded = co_await inflating;
    if (!decoded.ok()) {
        if (decoded.error().kind == ErrorKind::kTooLarge) {
            answer_too_large(connection, request);
        } else if (decoded.error().kind == ErrorKind::kBusy) {
            answer_busy(connection, request, decoded.error());
        } else {
            answer_failure(connection, request, decoded.error());
        }
        co_return false;
    }
    // The compressed bytes go back to their pool.
    body.bytes = std::move(inflated);
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
