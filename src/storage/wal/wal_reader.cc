#include "storage/wal/wal_reader.h"

#include <algorithm>
#include <cstring>

#include "sluice/base/crc32c.h"
#include "sluice/base/units.h"
#include "storage/files/device_failure.h"
#include "storage/files/read_attempts.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t kReadBytes = kMiB;
// Of a file that begins with zeroes: with a lost first sector the rest of the first frame, or the
// next one, begins within this.
constexpr std::uint64_t kStartBytes = 64 * kKiB;
// A device that gives back less than this of a file is asked no more.
constexpr std::uint64_t kUnreadableSectorsMax = 64;

bool is_whole(ByteSpan file, std::uint64_t at, const WalFrameHeader& header) {
    return header.frame_bytes() <= file.size() - at &&
           crc32c(file.subspan(at + kWalHeaderBytes, header.payload_bytes)) == header.payload_crc;
}

}  // namespace

// Nothing that the bytes say is believed before its checksum has been looked at, and no length is
// used before it has been held against the file. The order of the questions says what the answer
// means: only a header that continues this very chain makes a payload that fails its checksum a
// torn frame of ours; anything else is what some earlier use of the file left behind.
WalStep examine_frame(ByteSpan loaded, std::uint64_t offset, std::uint64_t file_bytes,
                      std::uint64_t log_number, const WalChain& chain, WalFrameView& view) {
    if (offset + kDirectIoAlignment > file_bytes) return WalStep::kEnd;
    view.bytes_needed = offset + kDirectIoAlignment;
    if (loaded.size() < view.bytes_needed) return WalStep::kNeedMore;
    const WalHeaderState state = decode_wal_header(loaded.data() + offset, view.header);
    if (state == WalHeaderState::kUnsupported) return WalStep::kUnsupported;
    if (state != WalHeaderState::kIntact) return WalStep::kEnd;
    const WalFrameHeader& header = view.header;
    if (header.store_id != chain.store_id || header.head_id != chain.head_id ||
        header.log_number != log_number || header.frame_number != chain.next_frame ||
        header.previous_hash != chain.previous_hash) {
        return WalStep::kEnd;
    }
    if (header.frame_bytes() > file_bytes - offset) return WalStep::kTorn;
    view.bytes_needed = offset + header.frame_bytes();
    if (loaded.size() < view.bytes_needed) return WalStep::kNeedMore;
    view.payload = loaded.subspan(offset + kWalHeaderBytes, header.payload_bytes);
    return crc32c(view.payload) == header.payload_crc ? WalStep::kFrame : WalStep::kTorn;
}

// The whole file in one buffer, which is filled as far as frames are read: payloads refer to it
// until the reader ends, and a log file is small (StoreOptions::wal_file_bytes).
WalReader::WalReader(io::File& file, std::uint64_t file_bytes)
    : file_(file), file_bytes_(align_down(file_bytes)), buffer_(file_bytes_) {}

// In large steps first. Where one fails, page by page, so that a bad page costs what is in it and
// not what is read beside it; what a page had reads as zeroes then, which end a chain like damage.
io::Task<Result<void>> WalReader::load(std::uint64_t bytes) {
    SLUICE_CHECK(bytes <= file_bytes_);
    while (loaded_ < bytes) {
        Result<void> step = co_await load_step(std::max(kReadBytes, bytes - loaded_));
        // The rest of a read that fails may well be readable.
        for (int attempt = 1; !step.ok() && attempt < kReadAttempts; ++attempt) {
            step = co_await load_step(kDirectIoAlignment);
        }
        if (step.ok()) continue;
        if (!is_device_failure(step.error())) co_return step;
        if (++unreadable_sectors_ > kUnreadableSectorsMax) co_return step;
        std::memset(buffer_.data() + loaded_, 0, kDirectIoAlignment);
        loaded_ += kDirectIoAlignment;
    }
    co_return Result<void>();
}

io::Task<Result<void>> WalReader::load_step(std::uint64_t bytes) {
    const std::uint64_t step = std::min(align_up(bytes), file_bytes_ - loaded_);
    SLUICE_CO_TRY(const std::size_t got,
                  co_await file_.read_at(buffer_.span().subspan(loaded_, step), loaded_));
    if (got != step) co_return Error{ErrorKind::kIo, file_.path() + ": shorter than its size"};
    loaded_ += step;
    co_return Result<void>();
}

io::Task<Result<WalHeaderState>> WalReader::read_first(WalFrameHeader& header) {
    if (file_bytes_ < kDirectIoAlignment) co_return WalHeaderState::kEmpty;
    // Not the whole file: most files at a start are spare.
    AlignedBuffer start(std::min(kStartBytes, file_bytes_));
    SLUICE_CO_TRY(const std::size_t got, co_await file_.read_at(start.span(), 0));
    if (got < kWalHeaderBytes) co_return WalHeaderState::kEmpty;
    const WalHeaderState state = decode_wal_header(start.data(), header);
    if (state != WalHeaderState::kEmpty) co_return state;
    const ByteSpan bytes = ByteSpan(start.span()).first(got);
    const bool zero = std::all_of(bytes.begin(), bytes.end(),
                                  [](std::byte each) { return each == std::byte{0}; });
    co_return zero ? WalHeaderState::kEmpty : WalHeaderState::kDamaged;
}

io::Task<Result<std::optional<WalFrameHeader>>> WalReader::find_first(std::uint64_t store_id) {
    SLUICE_CO_TRY_VOID(co_await load(file_bytes_));
    std::optional<WalFrameHeader> first;
    for (std::uint64_t at = 0; at < file_bytes_; at += kDirectIoAlignment) {
        WalFrameHeader header;
        const WalHeaderState state = decode_wal_header(buffer_.data() + at, header);
        if (state == WalHeaderState::kUnsupported) {
            co_return Error{ErrorKind::kUnsupported, file_.path() + ": a newer version wrote it"};
        }
        if (state != WalHeaderState::kIntact) continue;
        if (store_id != 0 && header.store_id != store_id) continue;
        const bool is_newer = !first || header.log_number > first->log_number;
        if (is_newer && is_whole(buffer_.span(), at, header)) first = header;
    }
    co_return first;
}

io::Task<Result<WalStep>> WalReader::next(std::uint64_t log_number, WalChain& chain,
                                          WalFrameView& view) {
    for (;;) {
        const WalStep step = examine_frame(buffer_.span().first(loaded_), offset_, file_bytes_,
                                           log_number, chain, view);
        if (step == WalStep::kNeedMore) {
            SLUICE_CO_TRY_VOID(co_await load(view.bytes_needed));
            continue;
        }
        if (step == WalStep::kFrame) {
            offset_ += view.header.frame_bytes();
            chain.advance(view.header);
        }
        co_return step;
    }
}

// Frames begin at pages, so each page is looked at as the beginning of one. A payload may hold what
// looks like a header of an older log, but not one of this use with a checksum that fits. The
// header of a frame counts even where its payload is damaged: what it says was acknowledged was.
io::Task<Result<WalReader::Behind>> WalReader::look_behind(std::uint64_t log_number,
                                                           const WalChain& chain) {
    SLUICE_CO_TRY_VOID(co_await load(file_bytes_));
    Behind behind;
    for (std::uint64_t at = offset_; at < file_bytes_; at += kDirectIoAlignment) {
        WalFrameHeader header;
        if (decode_wal_header(buffer_.data() + at, header) != WalHeaderState::kIntact) continue;
        if (header.store_id != chain.store_id || header.head_id != chain.head_id ||
            header.log_number != log_number || header.frame_number <= chain.next_frame) {
            continue;
        }
        behind.acknowledged = std::max(behind.acknowledged, header.acknowledged_frame());
        if (behind.next || !is_whole(buffer_.span(), at, header)) continue;
        behind.next = header;
        behind.offset = at;
    }
    co_return behind;
}

void WalReader::skip_to(const Behind& behind, WalChain& chain) {
    SLUICE_CHECK(behind.next.has_value() && behind.offset >= offset_);
    offset_ = behind.offset;
    chain.next_frame = behind.next->frame_number;
    chain.previous_hash = behind.next->previous_hash;
}

}  // namespace sluice::storage
