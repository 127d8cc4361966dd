#include "server/prometheus/remote_write.h"

#include <string_view>
#include <utility>

#include "server/http/connection.h"
#include "server/prometheus/sample_batch.h"
#include "server/prometheus/snappy_block.h"
#include "server/write/limited_write.h"
#include "server/write/write_answers.h"
#include "server/write/write_attempt.h"
#include "server/write/write_body.h"
#include "server/write/write_limits.h"
#include "sluice/io/activity.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

// Of a point: series, time, line and value.
constexpr std::uint64_t kSampleBytes = 24;

// Remote write 2.0 is another message, which a client sends only where 1.0 was refused, or where it
// was told to.
bool is_second_version(std::string_view content_type) {
    return content_type.find("io.prometheus.write.v2") != content_type.npos;
}

// Unpacks the body into `message`. The room for it is asked for before it is made. It returns false
// when an error has been answered.
// The block says how large it becomes before a byte is unpacked, so a small block that claims
// gigabytes is refused by its head.
bool unpack_body(Connection& connection, const WriteRequest& request, const BodyBuffer& body,
                 engine::Permit& permit, BodyBuffer& message) {
    const ByteSpan block(body.data(), body.size());
    const Result<std::size_t> size = unpacked_size(block);
    if (!size.ok()) {
        answer_unreadable(connection, request, size.error().message);
        return false;
    }
    if (*size > request.body_bytes_max) {
        answer_too_large(connection, request);
        return false;
    }
    const auto grown = permit.grow_to(body.size() + *size);
    if (!grown.ok()) {
        answer_busy(connection, request, grown.error());
        return false;
    }
    const io::Activity activity("unpack a body");
    const auto unpacked = unpack(block, *size, message);
    if (!unpacked.ok()) answer_unreadable(connection, request, unpacked.error().message);
    return unpacked.ok();
}

enum class Parsed : std::uint8_t { kAll, kHeadChanged, kNoRoom };

// Makes points of the series. Between two of them others may run, and another head may become
// active: then what was made is of no use (BodyParser).
io::Task<Result<Parsed>> parse_series(CoreServices& services, ByteSpan message, bool in_one_turn,
                                      const engine::WriteTarget& target, engine::Permit& permit,
                                      model::PointBatch& batch, SampleCounts& counts) {
    const std::uint64_t message_bytes = permit.bytes();
    const auto head = [&services] { return services.core.stores().front()->active_head().id(); };
    const std::uint64_t head_at_first = head();
    // The reader goes through the message without a copy of it; `series` points into it, and
    // `samples` keeps its scratch memory.
    WriteRequestReader reader(message);
    SampleBatch samples(target.shards, services.core.series_index(), batch);
    RemoteSeries series;
    for (;;) {
        SLUICE_CO_TRY(const bool found, reader.next(series));
        if (!found) break;
        samples.add(series, counts);
        if (in_one_turn || !services.reactor.needs_yield()) continue;
        // A message packs a sample into few bytes, and the batch keeps 24 bytes for it. The
        // permit is asked to follow when others get a turn, not for each series.
        const std::uint64_t bytes = message_bytes + counts.parsed.rows * kSampleBytes;
        if (bytes > permit.bytes() && !permit.grow_to(bytes).ok()) co_return Parsed::kNoRoom;
        co_await services.reactor.yield();
        if (head() != head_at_first) co_return Parsed::kHeadChanged;
    }
    batch.finish();
    co_return Parsed::kAll;
}

// Returns the number of points that came.
io::Task<std::uint64_t> write_samples(Connection& connection, const WriteRequest& request,
                                      const BodyBuffer& message, engine::Permit& permit) {
    CoreServices& services = connection.services();
    ScratchPool::Lease scratch = services.scratch.take();
    WriteReport report;
    SampleCounts counts;
    report.refused = &scratch->rejections;
    bool in_one_turn = false;
    for (;;) {
        auto target = services.core.resolve(request.database, request.policy);
        if (!target.ok()) {
            answer_failure(connection, request, target.error());
            break;
        }
        scratch->clear();
        counts = {};
        io::Task<Result<Parsed>> parsing =
            parse_series(services, {message.data(), message.size()}, in_one_turn, *target, permit,
                         scratch->batch, counts);
        const Result<Parsed> parsed = co_await parsing;
        report.parsed = std::move(counts.parsed);
        if (!parsed.ok()) {
            answer_unreadable(connection, request, parsed.error().message);
            break;
        }
        if (*parsed == Parsed::kNoRoom) {
            const Error error{ErrorKind::kBusy, std::string(model::kTooManyBytesInFlight)};
            answer_busy(connection, request, error);
            break;
        }
        in_one_turn = *parsed == Parsed::kHeadChanged;
        if (in_one_turn) continue;
        io::Task<bool> writing = attempt_write(connection, request, *target, *scratch, report);
        const bool again = co_await writing;
        if (again) continue;
        services.metrics.samples_not_finite.add(counts.not_finite);
        break;
    }
    co_return report.parsed.rows;
}

}  // namespace

// The order of the checks is that of InfluxDB's servePromWrite().
io::Task<void> handle_remote_write(Connection& connection) {
    CoreServices& services = connection.services();
    services.metrics.writes.add();
    services.metrics.remote_writes.add();
    WriteRequest request;
    request.now = services.reactor.wall_ns();
    request.body_bytes_max =
        body_bytes_max(services.config(), WriteApi::kV1, services.core.admission().bytes_max());
    if (!understand_database(connection, request)) co_return;
    if (is_second_version(connection.request().content_type)) {
        refuse(connection, 415,
               "remote write 2.0 is not spoken here: send prometheus.WriteRequest");
        co_return;
    }
    WriteBody body;
    const bool received = co_await receive_body(connection, request, body);
    if (!received) co_return;
    BodyPool::Lease message = services.bodies.take();
    if (!unpack_body(connection, request, *body.bytes, body.permit, *message)) co_return;
    const std::uint64_t points = co_await write_samples(connection, request, *message, body.permit);
    charge(connection, std::move(body.limits), points, message->size());
}

}  // namespace sluice::server
