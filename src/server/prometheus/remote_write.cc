#include "server/prometheus/remote_write.h"

#include <string_view>

#include "server/http/connection.h"
#include "server/prometheus/sample_batch.h"
#include "server/prometheus/snappy_block.h"
#include "server/write/write_answers.h"
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
    WriteRequestReader reader(message);
    SampleBatch samples(target.shards, services.core.series_index(), batch);
    RemoteSeries series;
    for (;;) {
        SLUICE_CO_TRY(const bool found, reader.next(series));
        if (!found) break;
        samples.add(series, counts);
        if (in_one_turn || !services.reactor.needs_yield()) continue;
        const std::uint64_t bytes = message_bytes + counts.parsed.rows * kSampleBytes;
        if (bytes > permit.bytes() && !permit.grow_to(bytes).ok()) co_return Parsed::kNoRoom;
        co_await services.reactor.yield();
        if (head() != head_at_first) co_return Parsed::kHeadChanged;
    }
    batch.finish();
    co_return Parsed::kAll;
}

void answer_samples(Connection& connection, const WriteRequest& request, const WriteReport& report,
                    std::uint64_t not_finite) {
    connection.services().metrics.samples_not_finite.add(not_finite);
    if (report.outcome.status != engine::WriteStatus::kFailed) {
        answer_outcome(connection, request, report);
        return;
    }
    connection.services().metrics.points_failed.add(report.parsed.rows);
    answer_failure(connection, request, report.outcome.error);
}

io::Task<void> write_samples(Connection& connection, const WriteRequest& request,
                             const BodyBuffer& message, engine::Permit& permit) {
    CoreServices& services = connection.services();
    ScratchPool::Lease scratch = services.scratch.take();
    WriteReport report;
    SampleCounts counts;
    report.refused = &scratch->rejections;
    bool in_one_turn = false;
    for (;;) {
        const auto target = services.core.resolve(request.database, request.policy);
        if (!target.ok()) {
            answer_failure(connection, request, target.error());
            co_return;
        }
        scratch->clear();
        counts = {};
        io::Task<Result<Parsed>> parsing =
            parse_series(services, {message.data(), message.size()}, in_one_turn, *target, permit,
                         scratch->batch, counts);
        const Result<Parsed> parsed = co_await parsing;
        if (!parsed.ok()) {
            answer_unreadable(connection, request, parsed.error().message);
            co_return;
        }
        if (*parsed == Parsed::kNoRoom) {
            const Error error{ErrorKind::kBusy, std::string(model::kTooManyBytesInFlight)};
            answer_busy(connection, request, error);
            co_return;
        }
        in_one_turn = *parsed == Parsed::kHeadChanged;
        if (in_one_turn) continue;
        if (refuse_consistency(connection, request)) co_return;
        if (counts.parsed.rows == 0) break;
        io::Task<engine::WriteOutcome> writing =
            services.core.write(*target, scratch->batch, scratch->rejections);
        engine::WriteOutcome outcome = co_await writing;
        report.outcome = std::move(outcome);
        if (report.outcome.status != engine::WriteStatus::kParseAgain) break;
    }
    report.parsed = std::move(counts.parsed);
    answer_samples(connection, request, report, counts.not_finite);
}

io::Task<void> serve(Connection& connection, const WriteRequest& request) {
    CoreServices& services = connection.services();
    auto admitted = services.core.admission().try_admit(connection.request().content_length);
    if (!admitted.ok()) {
        answer_busy(connection, request, admitted.error());
        co_return;
    }
    engine::Permit permit = std::move(admitted).value();
    BodyPool::Lease body = services.bodies.take();
    const bool received = co_await receive_body(connection, request, permit, body);
    if (!received) co_return;
    connection.release_input();
    BodyPool::Lease message = services.bodies.take();
    if (!unpack_body(connection, request, *body, permit, *message)) co_return;
    co_await write_samples(connection, request, *message, permit);
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
    const http::Request& head = connection.request();
    if (is_second_version(head.content_type)) {
        refuse(connection, 415,
               "remote write 2.0 is not spoken here: send prometheus.WriteRequest");
        co_return;
    }
    if (refuse_without_length(connection, request)) co_return;
    if (head.content_length > request.body_bytes_max) {
        answer_too_large(connection, request);
        co_return;
    }
    const std::int64_t began_ns = services.reactor.precise_ns();
    services.metrics.writes_active.add();
    co_await serve(connection, request);
    services.metrics.writes_active.subtract();
    const auto took_ns = static_cast<std::uint64_t>(services.reactor.precise_ns() - began_ns);
    services.metrics.write_ns.add(took_ns);
    services.metrics.write_latency_ns.record(took_ns);
}

}  // namespace sluice::server
