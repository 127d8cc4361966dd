#include "server/udp/udp_listener.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/config/config_text.h"
#include "server/write/write_limits.h"
#include "server/write/write_precision.h"
#include "sluice/base/log.h"
#include "sluice/io/activity.h"

namespace sluice::server {
namespace {

// A batch ends at this size even if it has few lines, so that long lines are bounded, too.
constexpr std::size_t kBatchBytesMax = kMiB;
// For a disk that is full, or a server that is busy.
constexpr std::int64_t kRetryNs = 100 * kMillisecondNs;
// The kernel's count of dropped datagrams is looked at so often.
constexpr std::int64_t kLookNs = kSecondNs;
constexpr std::int64_t kTellNs = kMinuteNs;

}  // namespace

// Every core listens on the same port, and the kernel deals datagrams out by the address they come
// from. The first core binds alone, so that a port that somebody else has is noticed.
Result<std::unique_ptr<UdpListener>> UdpListener::listen(CoreServices& services, std::size_t input,
                                                         std::uint16_t port) {
    const UdpSettings& settings = services.config().udp[input];
    io::ReceiverOptions options;
    options.address = parse_host_port(settings.bind_address)->host;
    options.port = port;
    options.buffer_bytes = settings.read_buffer;
    options.is_first = services.reactor.core() == 0;
    SLUICE_TRY(auto receiver, io::DatagramReceiver::bind(services.reactor, options));
    if (options.is_first && receiver->buffer_bytes() < options.buffer_bytes) {
        log_warn("udp: the kernel keeps less than read-buffer: raise net.core.rmem_max",
                 {{"bind", settings.bind_address}, {"bytes", receiver->buffer_bytes()}});
    }
    return std::unique_ptr<UdpListener>(new UdpListener(services, input, std::move(receiver)));
}

UdpListener::UdpListener(CoreServices& services, std::size_t input,
                         std::unique_ptr<io::DatagramReceiver> receiver)
    : services_(services), input_(input), receiver_(std::move(receiver)) {}

void UdpListener::start() {
    gate_.spawn(receive_all());
    gate_.spawn(write_all());
}

io::Task<void> UdpListener::stop() {
    stopping_ = true;
    receiver_->stop();
    came_.notify_all();
    taken_.notify_all();
    co_await gate_.close();
    co_await receiver_->close();
}

// ---- from the kernel to a batch ----

io::Task<void> UdpListener::receive_all() {
    while (!stopping_) {
        if (full_.size() >= settings().batch_pending) {
            co_await taken_.wait();
            continue;
        }
        const auto datagrams = co_await receiver_->receive();
        if (!datagrams.ok()) {
            if (stopping_) break;
            metrics().receive_failures.add();
            co_await wait_a_little();
            continue;
        }
        const std::int64_t now = services_.reactor.wall_ns();
        for (const ByteSpan datagram : *datagrams) {
            metrics().bytes_received.add(datagram.size());
            if (open_.empty()) {
                open_until_ns_ = services_.reactor.monotonic_ns() + settings().batch_timeout.ns;
            }
            open_.add(datagram, now);
            if (open_.lines() >= settings().batch_size || open_.bytes() >= kBatchBytesMax) {
                close_batch();
            }
        }
        came_.notify_all();
    }
}

void UdpListener::close_batch() {
    full_.push_back(std::exchange(open_, UdpBatch()));
}

io::Task<void> UdpListener::write_all() {
    for (;;) {
        const bool there = co_await wait_for_batch();
        if (!there) break;
        const UdpBatch batch = std::move(full_.front());
        full_.pop_front();
        taken_.notify_all();
        co_await write(batch);
    }
}

// Whether one is there; none comes any more after a stop.
io::Task<bool> UdpListener::wait_for_batch() {
    while (full_.empty()) {
        metrics().datagrams_dropped.set(receiver_->dropped());
        const std::int64_t now_ns = services_.reactor.monotonic_ns();
        if (!open_.empty() && (stopping_ || now_ns >= open_until_ns_)) {
            close_batch();
            break;
        }
        if (stopping_) co_return false;
        const std::int64_t look_ns = now_ns + kLookNs;
        co_await came_.wait_until(open_.empty() ? look_ns : std::min(look_ns, open_until_ns_));
    }
    co_return true;
}

io::Task<bool> UdpListener::wait_a_little() {
    co_return co_await services_.reactor.sleep_ns(kRetryNs);
}

// ---- from a batch to the log ----

// As in InfluxDB, once: one that was dropped since stays away until the next start.
io::Task<bool> UdpListener::make_database() {
    io::Milestone& made = services_.shared.udp[input_]->database_made;
    if (made.reached()) co_return true;
    if (services_.core.catalog()->find_database(settings().database) == nullptr) {
        const auto created = co_await services_.core.create_database(settings().database);
        if (!created.ok()) {
            tell("udp: the database could not be made", created.error().message);
            co_return false;
        }
    }
    made.reach();
    co_return true;
}

io::Task<void> UdpListener::write(const UdpBatch& batch) {
    failed_ = false;
    const bool made = co_await make_database();
    if (!made) {
        metrics().batches_failed.add();
        metrics().points_failed.add(batch.lines());
        co_return;
    }
    // A batch with too many different fields is cut in two until its parts fit, as a client of
    // /write would be told to do; here nobody could be told. The last part is the next one.
    std::vector<Part> parts{{0, batch.size()}};
    while (!parts.empty()) {
        const Part part = parts.back();
        parts.pop_back();
        bool in_one_turn = false;
        Attempt attempt = Attempt::kAgain;
        while (attempt == Attempt::kAgain || attempt == Attempt::kLater) {
            attempt = co_await try_part(batch, part, in_one_turn);
            in_one_turn = attempt == Attempt::kAgain;
            if (attempt != Attempt::kLater) continue;
            const bool waited = co_await wait_a_little();
            if (waited) continue;
            const Error error{ErrorKind::kBusy, "the server stopped before there was room"};
            fail(batch, part, error);
            break;
        }
        if (attempt != Attempt::kTooSparse) continue;
        if (part.end - part.begin == 1) {
            const Error error{ErrorKind::kTooLarge, "too many different fields in one datagram"};
            fail(batch, part, error);
            continue;
        }
        const std::size_t middle = part.begin + (part.end - part.begin) / 2;
        parts.push_back({middle, part.end});
        parts.push_back({part.begin, middle});
    }
    (failed_ ? metrics().batches_failed : metrics().batches_written).add();
}

// kLater: there is no room for it now. A part whose head has changed meanwhile is parsed again; the
// head could change again, so then it is parsed in one turn.
io::Task<UdpListener::Attempt> UdpListener::try_part(const UdpBatch& batch, Part part,
                                                     bool in_one_turn) {
    auto admitted = services_.core.admission().try_admit(batch.bytes());
    if (!admitted.ok()) co_return Attempt::kLater;
    const engine::Permit permit = std::move(admitted).value();
    const auto target = services_.core.resolve(settings().database, settings().retention_policy);
    if (!target.ok()) {
        fail(batch, part, target.error());
        co_return Attempt::kDone;
    }
    ScratchPool::Lease scratch = services_.scratch.take();
    scratch->clear();
    ingest::ParseOptions options;
    options.precision = *v1_precision(settings().precision);
    options.string_bytes_max = string_bytes_max(services_.config());
    options.cells_max = cells_max(services_.core.admission().bytes_max());
    WriteReport report;
    report.refused = &scratch->rejections;
    const std::uint64_t head = services_.core.stores().front()->active_head().id();
    for (std::size_t i = part.begin; i < part.end; ++i) {
        options.now = batch.wall_ns(i);
        parse(batch.text(i), options, *target, scratch->batch, report.parsed);
        if (report.parsed.is_too_sparse) co_return Attempt::kTooSparse;
        if (in_one_turn || !services_.reactor.needs_yield()) continue;
        co_await services_.reactor.yield();
        if (services_.core.stores().front()->active_head().id() != head) co_return Attempt::kAgain;
    }
    if (report.parsed.rows != 0) {
        scratch->batch.finish();
        io::Task<engine::WriteOutcome> writing =
            services_.core.write(*target, scratch->batch, scratch->rejections);
        engine::WriteOutcome outcome = co_await writing;
        if (outcome.status == engine::WriteStatus::kParseAgain) co_return Attempt::kAgain;
        const ErrorKind kind = outcome.error.kind;
        const bool failed = outcome.status == engine::WriteStatus::kFailed;
        if (failed && (kind == ErrorKind::kBusy || kind == ErrorKind::kNoSpace)) {
            co_return Attempt::kLater;
        }
        if (failed) fail(batch, part, outcome.error);
        report.outcome = std::move(outcome);
    }
    metrics().points_received.add(report.parsed.rows);
    metrics().points_written.add(report.outcome.rows_written);
    if (!report.is_clean() && report.outcome.status == engine::WriteStatus::kDone) {
        note_rejections(report);
    }
    co_return Attempt::kDone;
}

void UdpListener::parse(std::string_view text, const ingest::ParseOptions& options,
                        const engine::WriteTarget& target, model::PointBatch& batch,
                        ingest::ParseResult& result) {
    const io::Activity activity("parse a datagram");
    std::size_t at = 0;
    services_.parser.parse_piece(text, text.size(), at, options, target.shards,
                                 services_.core.series_index(), batch, result);
}

// The sender learns nothing, so counters, the log (seldom) and the list of refused lines are all
// there is.
void UdpListener::note_rejections(const WriteReport& report) {
    metrics().lines_rejected.add(report.parsed.rejected);
    metrics().points_refused.add(report.dropped() + report.parsed.beyond_retention);
    tell("udp: lines were not taken", partial_write_text(report));
    std::size_t room = RejectRing::kPerRequestMax;
    for (const auto* list : {&report.parsed.rejections, report.refused}) {
        for (const model::Rejection& rejection : *list) {
            if (room-- == 0) return;
            services_.rejects.add(services_.reactor.wall_ns(), settings().database, "udp",
                                  rejection);
        }
    }
}

void UdpListener::fail(const UdpBatch& batch, Part part, const Error& error) {
    failed_ = true;
    for (std::size_t i = part.begin; i < part.end; ++i) {
        metrics().points_failed.add(batch.lines(i));
    }
    tell("udp: a batch was not written", error.message);
}

// Once a minute: what is wrong with one datagram is likely wrong with thousands.
void UdpListener::tell(std::string_view what, std::string_view why) {
    const std::int64_t now_ns = services_.reactor.monotonic_ns();
    if (told_ns_ != 0 && now_ns - told_ns_ < kTellNs) return;
    told_ns_ = now_ns;
    log_warn(
        what,
        {{"bind", settings().bind_address}, {"database", settings().database}, {"error", why}});
}

}  // namespace sluice::server
