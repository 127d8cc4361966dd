#include "storage/wal/wal_file_pool.h"

#include <algorithm>
#include <cstring>

#include "sluice/base/log.h"
#include "sluice/base/units.h"
#include "sluice/io/reactor.h"
#include "storage/files/file_names.h"

namespace sluice::storage {
namespace {

// Space that comes back is noticed within this time: well below the second we promise.
constexpr std::int64_t kRetryNs = 200 * kMillisecondNs;
constexpr std::size_t kFillBytes = kMiB;

}  // namespace

WalFilePool::WalFilePool(io::Reactor& reactor, LogFilePoolOptions options)
    : reactor_(reactor), options_(std::move(options)) {
    SLUICE_CHECK(options_.spare_target != 0 && options_.spare_target <= options_.spare_max);
}

// One file at a time, however many are wanted: the device is needed for commits. While there is a
// trouble it tries again at intervals, and each attempt wakes those who wait for a file, so that
// they can refuse instead of waiting for a disk that stays full.
io::Task<void> WalFilePool::run() {
    co_await reactor_.switch_to(io::Share::kBackground);
    while (!stopping_) {
        if (!wants_more()) {
            zeroes_ = AlignedBuffer();
            co_await wanted_.wait();
            continue;
        }
        auto made = co_await make_file();
        if (made.ok()) {
            add_spare(std::move(*made));
        } else {
            if (!trouble_) {
                log_error("no room for the write-ahead log", {{"error", made.error().message}});
            }
            trouble_ = std::move(made).error();
            ++attempts_failed_;
            changed_.notify_all();
        }
        if (trouble_ && !stopping_) co_await wanted_.wait_until(reactor_.monotonic_ns() + kRetryNs);
    }
}

void WalFilePool::add_spare(std::unique_ptr<WalFile> file) {
    // What failed or was not read whole must never take a frame again.
    SLUICE_CHECK(!file->failed && !file->damaged && file->file.is_open());
    spare_.push_back(std::move(file));
    const bool recovered = trouble_.has_value();
    trouble_.reset();
    changed_.notify_all();
    if (recovered && on_recovery) on_recovery();
}

void WalFilePool::stop() {
    stopping_ = true;
    wanted_.notify_all();
    changed_.notify_all();
}

io::Task<void> WalFilePool::close() {
    SLUICE_CHECK(stopping_);
    while (!spare_.empty()) {
        std::unique_ptr<WalFile> each = std::move(spare_.front());
        spare_.pop_front();
        co_await each->file.close();
    }
}

// Allocated, and then written with zeroes all the same: space that is only allocated is marked as
// unwritten in the file system, and the first write to it changes that mark, which is one more
// write for each durable one.
io::Task<Result<void>> WalFilePool::fill_file(io::File& file) {
    if (zeroes_.empty()) {
        zeroes_ = AlignedBuffer(std::min<std::size_t>(kFillBytes, options_.file_bytes));
        std::memset(zeroes_.data(), 0, zeroes_.size());
    }
    SLUICE_CHECK(zeroes_.size() % kDirectIoAlignment == 0 &&
                 options_.file_bytes % kDirectIoAlignment == 0);
    SLUICE_CO_TRY_VOID(co_await file.allocate(0, options_.file_bytes));
    for (std::uint64_t offset = 0; offset < options_.file_bytes;) {
        const std::uint64_t step =
            std::min<std::uint64_t>(zeroes_.size(), options_.file_bytes - offset);
        SLUICE_CO_TRY_VOID(co_await file.write_at(zeroes_.span().first(step), offset));
        offset += step;
        if (reactor_.needs_yield()) co_await reactor_.yield();
    }
    co_return co_await file.sync();
}

io::Task<Result<std::unique_ptr<WalFile>>> WalFilePool::make_file() {
    auto made = std::make_unique<WalFile>();
    made->number = next_number_++;
    const std::string path = log_path(options_.store, made->number);
    SLUICE_CO_TRY(made->file, co_await io::File::open(reactor_, path, io::OpenMode::kCreate));
    Result<void> filled = co_await fill_file(made->file);
    if (filled.ok()) {
        filled = co_await io::sync_directory(reactor_, log_directory(options_.store));
    }
    if (!filled.ok()) {
        co_await made->file.close();
        // Gives back what was allocated; if that fails too, the next start removes it.
        (void)co_await io::remove_file(reactor_, path);
        co_return std::move(filled).error();
    }
    co_return made;
}

std::unique_ptr<WalFile> WalFilePool::try_take() {
    std::unique_ptr<WalFile> taken;
    if (!spare_.empty()) {
        taken = std::move(spare_.front());
        spare_.pop_front();
    }
    if (wants_more()) wanted_.notify_all();
    return taken;
}

// An error that was there before the call is not the caller's: it waits for an attempt that began
// since.
io::Task<Result<std::unique_ptr<WalFile>>> WalFilePool::take() {
    const std::uint64_t failed_before = attempts_failed_;
    for (;;) {
        if (std::unique_ptr<WalFile> taken = try_take()) co_return taken;
        if (stopping_) co_return Error{ErrorKind::kCancelled, "the store is stopping"};
        if (attempts_failed_ != failed_before && trouble_) co_return *trouble_;
        co_await changed_.wait();
    }
}

// A file is used again as it is, with the frames of its last use in it: a reader tells them from
// new ones by head, log number and chain. That saves writing it with zeroes again.
io::Task<void> WalFilePool::give_back(std::vector<std::unique_ptr<WalFile>> files) {
    for (std::unique_ptr<WalFile>& each : files) {
        if (!each->failed && !each->damaged && spare_.size() < options_.spare_max && !stopping_) {
            add_spare(std::move(each));
            continue;
        }
        const std::string path = each->file.path();
        co_await each->file.close();
        Result<void> gone;
        if (each->damaged) {
            gone = co_await io::rename_file(reactor_, path, quarantine_path(path));
        } else {
            gone = co_await io::remove_file(reactor_, path);
        }
        if (!gone.ok()) {
            log_warn("a log file could not be removed", {{"error", gone.error().message}});
        }
    }
}

}  // namespace sluice::storage
