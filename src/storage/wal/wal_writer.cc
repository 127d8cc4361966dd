#include "storage/wal/wal_writer.h"

#include <algorithm>

#include "sluice/base/log.h"
#include "sluice/io/reactor.h"
#include "sluice/storage/head.h"

namespace sluice::storage {
namespace {

// Frames kept for further use; more gather only behind a slow device.
constexpr std::size_t kFreeFramesMax = 4;

}  // namespace

WalWriter::WalWriter(WalContext& context, Head& head, OnDurable on_durable)
    : context_(context), head_(head), on_durable_(std::move(on_durable)) {}

WalWriter::~WalWriter() {
    SLUICE_CHECK((in_flight_.empty() && !launching_) || io::abandoning());
}

std::size_t WalWriter::payload_max() const {
    return context_.frame_bytes - kWalHeaderBytes;
}

std::size_t WalWriter::payload_limit() const {
    return context_.file_bytes - kWalHeaderBytes;
}

WalFrame& WalWriter::current() {
    if (!forming_) forming_ = start_frame(0);
    return *forming_->frame;
}

WalFrame& WalWriter::next(std::size_t payload_min) {
    if (forming_) {
        if (forming_->frame->empty() && forming_->waiters.empty()) {
            release_frame(std::move(forming_->frame));
        } else {
            full_.push_back(std::move(forming_));
        }
    }
    forming_ = start_frame(payload_min);
    return *forming_->frame;
}

// marks_.series as it is now: if the frame is lost, series from here on have to be defined again.
// The frame is made of a buffer that was used before, where there is one.
std::unique_ptr<WalWriter::Pending> WalWriter::start_frame(std::size_t payload_min) {
    auto pending = std::make_unique<Pending>();
    pending->series_before = marks_.series;
    SLUICE_CHECK(payload_min <= payload_limit());
    if (payload_min > payload_max()) {
        const std::size_t bytes = align_up(kWalHeaderBytes + payload_min);
        pending->frame = std::make_unique<WalFrame>(bytes - kWalHeaderBytes);
    } else if (!context_.free_frames.empty()) {
        pending->frame = std::move(context_.free_frames.back());
        context_.free_frames.pop_back();
        pending->frame->clear();
    } else {
        pending->frame = std::make_unique<WalFrame>(payload_max());
    }
    return pending;
}

void WalWriter::release_frame(std::unique_ptr<WalFrame> frame) {
    const bool usual = frame->payload_max() == payload_max();
    if (usual && context_.free_frames.size() < kFreeFramesMax) {
        context_.free_frames.push_back(std::move(frame));
    }
}

// A batch waits for the frame that its last bytes are in. Frames become durable in order, so all
// its frames are durable then.
Result<void> WalWriter::encode(Waiter& waiter) {
    if (waiter.batch != nullptr) {
        SLUICE_TRY(waiter.bytes,
                   encode_batch(head_, marks_, *waiter.batch, waiter.sequence, *this));
    }
    current();
    forming_->waiters.push_back(&waiter);
    return {};
}

io::Task<Result<std::uint64_t>> WalWriter::append(const model::PointBatch& batch,
                                                  std::uint64_t sequence) {
    Waiter waiter;
    waiter.batch = &batch;
    waiter.sequence = sequence;
    SLUICE_CO_TRY_VOID(encode(waiter));
    launch_soon();
    while (!waiter.done) co_await waiter.completed.wait();
    if (waiter.error) co_return std::move(*waiter.error);
    co_return waiter.bytes;
}

io::Task<Result<void>> WalWriter::probe() {
    Waiter waiter;
    SLUICE_CO_TRY_VOID(encode(waiter));
    launch_soon();
    while (!waiter.done) co_await waiter.completed.wait();
    if (waiter.error) co_return std::move(*waiter.error);
    co_return Result<void>();
}

bool WalWriter::has_frame_to_write() const {
    return !full_.empty() || (forming_ && !forming_->waiters.empty());
}

bool WalWriter::write_failed() const {
    return std::any_of(in_flight_.begin(), in_flight_.end(),
                       [](const auto& each) { return each->error.has_value(); });
}

// While a write is in flight its completion launches the next frame. An idle log waits for the
// requests that became ready in the same turn of the loop: they share one frame instead of
// following in a second.
void WalWriter::launch_soon() {
    if (!in_flight_.empty() || launching_) return;
    launching_ = true;
    context_.gate.spawn(launch_after_others());
}

io::Task<void> WalWriter::launch_after_others() {
    co_await context_.reactor.yield();
    launching_ = false;
    launch();
}

// Starts as many writes as may be in flight. A frame that is still forming goes out with what it
// has when no full one is due.
void WalWriter::launch() {
    while (in_flight_.size() < context_.writes_in_flight && has_frame_to_write()) {
        if (write_failed()) return;  // handle_failure() goes on when all have finished
        Pending& next = full_.empty() ? *forming_ : *full_.front();
        const std::uint64_t bytes = align_up(kWalHeaderBytes + next.frame->payload_bytes());
        if (!prepare_file(bytes)) return;
        SLUICE_CHECK(file_offset_ + bytes <= context_.file_bytes);
        std::unique_ptr<Pending>& source = full_.empty() ? forming_ : full_.front();
        std::unique_ptr<Pending> pending = std::move(source);
        if (!full_.empty()) full_.pop_front();

        // Sealed only now, because a frame before it may have been lost, and taken its number and
        // hash with it.
        SLUICE_CHECK(!pending->finished && !pending->error);
        pending->header = {};
        pending->header.head_id = head_.id();
        pending->header.frame_number = next_frame_++;
        pending->header.previous_hash = previous_hash_;
        pending->header.log_number = log_number_;
        pending->header.store_id = context_.store_id;
        pending->header.durable_frame =
            static_cast<std::uint32_t>(pending->header.frame_number - 1 - in_flight_.size());
        pending->bytes = pending->frame->seal(pending->header);
        // The place of the next frame was computed before this one was sealed.
        SLUICE_CHECK(pending->bytes.size() == bytes);
        previous_hash_ = pending->header.hash();
        const std::uint64_t offset = file_offset_;
        file_offset_ += bytes;
        in_flight_.push_back(std::move(pending));
        context_.gate.spawn(write(*in_flight_.back(), *file_, offset));
    }
}

// The log number rises with each file that is taken into use: a reader tells by it this use of the
// file from earlier ones.
bool WalWriter::prepare_file(std::uint64_t frame_bytes) {
    if (file_ != nullptr && file_offset_ + frame_bytes <= context_.file_bytes) return true;
    if (obtaining_file_) return false;
    if (std::unique_ptr<WalFile> taken = context_.files.try_take()) {
        files_.push_back(std::move(taken));
        file_ = files_.back().get();
        file_offset_ = 0;
        log_number_ = context_.next_log_number++;
        return true;
    }
    obtaining_file_ = true;
    context_.gate.spawn(obtain_file());
    return false;
}

// Frames wait meanwhile and gather more requests. If there is no file to be had, they get the
// error, unless a write is in flight: its completion asks again, and a file may be there by then.
io::Task<void> WalWriter::obtain_file() {
    auto taken = co_await context_.files.take();
    SLUICE_CHECK(obtaining_file_);
    obtaining_file_ = false;
    if (taken.ok()) {
        files_.push_back(std::move(*taken));
        file_ = files_.back().get();
        file_offset_ = 0;
        log_number_ = context_.next_log_number++;
        launch();
    } else if (in_flight_.empty()) {
        fail_all(taken.error());
    } else {
        // What is in flight does not depend on the file; when it completes, launch() asks again.
        file_ = nullptr;
    }
}

// `pending` and `file` stay in place: in_flight_ holds the one until it is finished, files_ the
// other until the log ends. A write is never repeated: what a failed one left behind is unknown.
io::Task<void> WalWriter::write(Pending& pending, WalFile& file, std::uint64_t offset) {
    const std::int64_t begin = context_.reactor.precise_ns();
    auto written = co_await file.file.write_durable_at(pending.bytes, offset);
    if (written.ok()) {
        context_.metrics.commit_ns.record(
            static_cast<std::uint64_t>(context_.reactor.precise_ns() - begin));
        context_.metrics.log_bytes.add(pending.bytes.size());
        context_.metrics.log_frames.add();
        bytes_written_ += pending.bytes.size();
    } else {
        file.failed = true;
        pending.error = std::move(written).error();
    }
    SLUICE_CHECK(!pending.finished);
    pending.finished = true;
    on_written();
}

void WalWriter::on_written() {
    // Frames become durable in order: a later one cannot be read without the earlier.
    std::vector<std::unique_ptr<Pending>> durable;
    while (!in_flight_.empty() && in_flight_.front()->finished && !in_flight_.front()->error) {
        durable.push_back(std::move(in_flight_.front()));
        in_flight_.pop_front();
    }
    const bool failed = write_failed();
    if (!failed) launch();  // the device works on while the memtables take the rows
    for (const auto& each : durable) complete(*each);
    for (const auto& each : durable) {
        if (each->header.log_number == log_begun_ || !context_.on_log_begun) continue;
        log_begun_ = each->header.log_number;
        context_.on_log_begun(log_begun_, head_.id());
    }
    for (auto& each : durable) release_frame(std::move(each->frame));
    if (!durable.empty()) {
        context_.failures_in_a_row = 0;
        context_.last_failure.reset();
    }
    const bool all_finished = std::all_of(in_flight_.begin(), in_flight_.end(),
                                          [](const auto& each) { return each->finished; });
    if (failed && all_finished && !in_flight_.empty()) handle_failure();
}

// Rows become visible before their requests are answered: whoever reads after a 204 sees them.
void WalWriter::complete(Pending& pending) {
    for (Waiter* each : pending.waiters) {
        if (each->batch != nullptr) {
            Result<void> taken = on_durable_(*each->batch, each->sequence);
            if (!taken.ok()) each->error = std::move(taken).error();
        }
        finish(*each);
    }
}

void WalWriter::finish(Waiter& waiter) {
    SLUICE_CHECK(!waiter.done);
    waiter.done = true;
    waiter.completed.notify_all();
}

// The first frame in flight failed, and frames that followed it cannot be read without it: all
// frames in flight are lost, and their requests get the error. Batches that are still gathering are
// encoded again.
void WalWriter::handle_failure() {
    Pending& first = *in_flight_.front();
    SLUICE_CHECK(first.error.has_value());
    Error error = *first.error;
    log_error("log write failed; the file is sealed",
              {{"file", file_ == nullptr ? std::string() : file_->file.path()},
               {"frame", first.header.frame_number},
               {"error", error.message}});
    context_.metrics.log_failures.add();
    ++context_.failures_in_a_row;
    context_.last_failure = error;
    next_frame_ = first.header.frame_number;
    previous_hash_ = first.header.previous_hash;
    marks_.rewind(first.series_before);
    file_ = nullptr;

    // Batches that had begun in a lost frame but end in one not yet written are encoded anew too.
    std::vector<Waiter*> again;
    for (const auto& each : full_) {
        again.insert(again.end(), each->waiters.begin(), each->waiters.end());
    }
    if (forming_) again.insert(again.end(), forming_->waiters.begin(), forming_->waiters.end());
    std::deque<std::unique_ptr<Pending>> lost = std::move(in_flight_);
    in_flight_.clear();
    full_.clear();
    forming_.reset();
    for (const auto& each : lost) {
        for (Waiter* waiter : each->waiters) {
            waiter->error = error;
            finish(*waiter);
        }
    }
    encode_again(std::move(again));
    launch();
}

void WalWriter::encode_again(std::vector<Waiter*> waiters) {
    for (Waiter* each : waiters) {
        Result<void> encoded = encode(*each);
        if (encoded.ok()) continue;
        each->error = std::move(encoded).error();
        finish(*each);
    }
}

// There is no file to write to, so all that wait get the error.
void WalWriter::fail_all(const Error& error) {
    std::vector<Waiter*> waiters;
    std::uint32_t series_before = marks_.series;
    if (forming_) {
        waiters = std::move(forming_->waiters);
        series_before = forming_->series_before;
    }
    for (auto each = full_.rbegin(); each != full_.rend(); ++each) {
        waiters.insert(waiters.begin(), (*each)->waiters.begin(), (*each)->waiters.end());
        series_before = (*each)->series_before;
    }
    full_.clear();
    forming_.reset();
    marks_.rewind(series_before);
    context_.last_failure = error;
    for (Waiter* each : waiters) {
        each->error = error;
        finish(*each);
    }
}

std::vector<std::unique_ptr<WalFile>> WalWriter::take_files() {
    SLUICE_CHECK(in_flight_.empty() && !has_frame_to_write());
    file_ = nullptr;
    return std::move(files_);
}

io::Task<void> WalWriter::close() {
    file_ = nullptr;
    for (const auto& each : files_) co_await each->file.close();
    files_.clear();
}

}  // namespace sluice::storage
