#include "server/write/write_body.h"

#include <algorithm>

#include "server/http/connection.h"
#include "server/write/write_answers.h"
#include "server/write/write_outcome.h"
#include "sluice/io/activity.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

Result<void> inflate(CoreServices& services, const BodyBuffer& body, BodyBuffer& inflated,
                     const WriteRequest& request) {
    const io::Activity activity("inflate a body");
    auto done = services.gzip.decode({body.data(), body.size()}, inflated, request.body_bytes_max);
    if (done.ok() || request.api == WriteApi::kV1) return done;
    if (done.error().kind != ErrorKind::kInvalid) return done;
    return Error{ErrorKind::kInvalid, platform_gzip_text(done.error().message, body.size())};
}

}  // namespace

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
