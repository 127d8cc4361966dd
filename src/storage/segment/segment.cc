#include "storage/segment/segment.h"

#include <algorithm>

#include "sluice/base/check.h"
#include "sluice/base/log.h"
#include "sluice/base/units.h"
#include "sluice/io/reactor.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t kReadAheadBytes = 512 * kKiB;

}  // namespace

// One window, which moves forward. The caller keeps the window that its bytes lie in (`owner`), so
// a new one may be read while rows of the last are still in use.
io::Task<Result<FileBytes>> SequentialAccess::read(std::uint64_t offset, std::size_t size) {
    const bool inside = window_ != nullptr && offset >= window_offset_ &&
                        offset + size <= window_offset_ + window_bytes_;
    const std::uint64_t begin = align_down(offset);
    if (!inside &&
        (offset < window_offset_ || offset > window_offset_ + window_bytes_ + kReadAheadBytes)) {
        // Indexes and pages of keys lie elsewhere: the window stays where the blocks are.
        SLUICE_CO_TRY(auto buffer,
                      co_await read_aligned(file_, begin, align_up(offset + size) - begin));
        FileBytes read;
        read.bytes = ByteSpan(buffer->span()).subspan(offset - begin, size);
        read.owner = std::move(buffer);
        co_return read;
    }
    if (!inside) {
        const std::uint64_t end =
            std::min(align_up(std::max(offset + size, begin + kReadAheadBytes)), align_up(size_));
        SLUICE_CO_TRY(window_, co_await read_aligned(file_, begin, end - begin));
        window_offset_ = begin;
        window_bytes_ = end - begin;
    }
    FileBytes read;
    read.owner = window_;
    read.bytes = ByteSpan(window_->span()).subspan(offset - window_offset_, size);
    co_return read;
}

Segment::Segment(io::Reactor& reactor, std::string path, SegmentRecord record, BlockCache& cache,
                 OpenFiles& open_files, StoreMetrics& metrics)
    : reactor_(reactor),
      path_(std::move(path)),
      record_(std::move(record)),
      cache_(cache),
      open_files_(open_files),
      metrics_(metrics),
      access_(file_, record_.id, record_.meta.size_bytes, cache, metrics) {}

// The set puts the copy in this segment's place, and the reaper closes this one: a segment is never
// closed while somebody may be about to read it.
std::unique_ptr<Segment> Segment::closed_copy() const {
    SLUICE_CHECK(!busy && !obsolete_);
    auto copy = std::make_unique<Segment>(reactor_, path_, record_, cache_, open_files_, metrics_);
    copy->damaged_ = damaged_;
    copy->since_ = since_;
    return copy;
}

// The first caller opens, the others wait for it. An error is not kept: the next caller tries
// again, as the device, or the descriptors of the process, may be back.
io::Task<Result<const SegmentReader*>> Segment::reader() {
    while (opening_) co_await opened_.wait();
    if (!reader_) {
        opening_ = true;
        Result<void> done = co_await open();
        opening_ = false;
        opened_.notify_all();
        if (!done.ok()) co_return std::move(done).error();
    }
    co_return reader_.get();
}

io::Task<Result<void>> Segment::open() {
    if (!file_.is_open()) {
        co_await open_files_.admit();
        SLUICE_CO_TRY(file_, co_await io::File::open(reactor_, path_, io::OpenMode::kRead));
        open_files_.note_opened();
    }
    SLUICE_CO_TRY(const std::uint64_t size, co_await file_.size());
    if (size != record_.meta.size_bytes) {
        co_return Error{ErrorKind::kCorrupt, path_ + ": " + std::to_string(size) +
                                                 " bytes long, not " +
                                                 std::to_string(record_.meta.size_bytes)};
    }
    SLUICE_CO_TRY(reader_, co_await SegmentReader::open(access_, path_));
    co_return Result<void>();
}

SegmentReaper::~SegmentReaper() {
    SLUICE_CHECK(live_ == 0 || io::abandoning());
}

SegmentPtr SegmentReaper::adopt(std::unique_ptr<Segment> segment) {
    SLUICE_CHECK(segment != nullptr && !stopping_);
    ++live_;
    return SegmentPtr(segment.release(), [this](Segment* released) {
        std::unique_ptr<Segment> owned(released);
        if (io::abandoning()) return;
        released_.push_back(std::move(owned));
        filled_.notify_all();
    });
}

io::Task<void> SegmentReaper::run() {
    co_await reactor_.switch_to(io::Share::kBackground);
    for (;;) {
        if (released_.empty()) {
            if (stopping_ && live_ == 0) break;
            co_await filled_.wait();
            continue;
        }
        std::unique_ptr<Segment> each = std::move(released_.front());
        released_.pop_front();
        // Reads that were begun ahead of need may still be in flight: the kernel writes to their
        // buffers, and reads by this descriptor.
        co_await each->access_.close();
        if (each->obsolete_) each->cache_.forget_segment(each->record_.id);
        each->reader_.reset();
        if (each->file_.is_open()) {
            co_await each->file_.close();
            each->open_files_.note_closed();
        }
        if (each->obsolete_) {
            auto removed = co_await io::remove_file(reactor_, each->path_);
            if (!removed.ok()) {
                log_warn("a segment file stays until the next start",
                         {{"error", removed.error().message}});
            }
        }
        SLUICE_CHECK(live_ != 0);
        --live_;
    }
}

}  // namespace sluice::storage
