#include "storage/wal/wal_reader.h"

#include <algorithm>

#include "sluice/base/crc32c.h"
#include "sluice/base/units.h"
#include "storage/files/read_attempts.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t kReadBytes = kMiB;

}  // namespace

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

WalReader::WalReader(io::File& file, std::uint64_t file_bytes)
    : file_(file), file_bytes_(align_down(file_bytes)), buffer_(file_bytes_) {}

io::Task<Result<void>> WalReader::load(std::uint64_t bytes) {
    while (loaded_ < bytes) {
        Result<void> step = co_await load_step(std::max(kReadBytes, bytes - loaded_));
        // The rest of a read that fails may well be readable.
        for (int attempt = 1; !step.ok() && attempt < kReadAttempts; ++attempt) {
            step = co_await load_step(kDirectIoAlignment);
        }
        if (!step.ok()) co_return step;
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

io::Task<Result<bool>> WalReader::read_first(WalFrameHeader& header) {
    if (file_bytes_ < kDirectIoAlignment) co_return false;
    // Only the header: most files at a start are spare.
    AlignedBuffer sector(kDirectIoAlignment);
    SLUICE_CO_TRY(const std::size_t got, co_await file_.read_at(sector.span(), 0));
    if (got < kWalHeaderBytes) co_return false;
    co_return decode_wal_header(sector.data(), header) == WalHeaderState::kIntact;
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

io::Task<Result<std::uint64_t>> WalReader::count_beyond(std::uint64_t log_number,
                                                        const WalChain& chain,
                                                        std::uint64_t frame_min) {
    SLUICE_CO_TRY_VOID(co_await load(file_bytes_));
    std::uint64_t found = 0;
    for (std::uint64_t at = offset_; at < file_bytes_; at += kDirectIoAlignment) {
        WalFrameHeader header;
        if (decode_wal_header(buffer_.data() + at, header) != WalHeaderState::kIntact) continue;
        if (header.store_id == chain.store_id && header.head_id == chain.head_id &&
            header.log_number == log_number && header.frame_number >= frame_min) {
            ++found;
        }
    }
    co_return found;
}

}  // namespace sluice::storage
