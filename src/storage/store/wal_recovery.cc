// This part of an opening is about logs: it finds the head that each belongs to, and brings their
// rows back into memory.
#include <algorithm>

#include "sluice/base/log.h"
#include "storage/files/file_names.h"
#include "storage/files/read_attempts.h"
#include "storage/store/recovery.h"

namespace sluice::storage {

io::Task<Result<bool>> Recovery::read_first_frame(std::string path, WalFile& file,
                                                  std::uint64_t& size, WalFrameHeader& header) {
    SLUICE_CO_TRY(file.file, co_await io::File::open(reactor_, path, io::OpenMode::kReadWrite));
    SLUICE_CO_TRY(size, co_await file.file.size());
    WalReader reader(file.file, size);
    co_return co_await reader.read_first(header);
}

io::Task<Result<void>> Recovery::find_logs() {
    SLUICE_CO_TRY(const auto entries,
                  co_await io::list_directory(reactor_, log_directory(directory_)));
    for (const io::DirectoryEntry& each : entries) {
        const auto number = parse_log_name(each.name);
        if (!number) continue;
        log_file_number_max_ = std::max(log_file_number_max_, *number);
        auto file = std::make_unique<WalFile>();
        file->number = *number;
        const std::string path = log_path(directory_, *number);
        WalFrameHeader header;
        std::uint64_t size = 0;
        Result<bool> read = co_await read_first_frame(path, *file, size, header);
        for (int attempt = 1; !read.ok() && attempt < kReadAttempts; ++attempt) {
            if (file->file.is_open()) co_await file->file.close();
            read = co_await read_first_frame(path, *file, size, header);
        }
        if (!read.ok()) {
            // The sector that cannot be read would say which head the file belongs to.
            if (read.error().kind != ErrorKind::kIo) co_return read.error();
            if (file->file.is_open()) co_await file->file.close();
            co_await set_aside(path, read.error().message);
            continue;
        }
        const bool begun = *read;
        if (begun && rebuild_ && logs_.empty()) state_.store_id = header.store_id;
        if (begun) log_number_max_ = std::max(log_number_max_, header.log_number);
        if (begun && header.store_id == state_.store_id && header.head_id > state_.flushed_head) {
            logs_.push_back({std::move(file), size, header});
        } else if (size == parts_.options_.wal_file_bytes) {
            spare_.push_back(std::move(file));
        } else {
            // The file has another size, or was not filled to its end when the process died.
            co_await file->file.close();
            SLUICE_CO_TRY_VOID(co_await remove(path));
        }
    }
    std::sort(logs_.begin(), logs_.end(), [](const FoundLog& a, const FoundLog& b) {
        return std::pair(a.first.head_id, a.first.log_number) <
               std::pair(b.first.head_id, b.first.log_number);
    });
    co_return Result<void>();
}

io::Task<Result<void>> Recovery::replay_logs() {
    if (logs_.empty()) co_return Result<void>();
    replayed_ = std::make_shared<Generation>();
    replayed_->head = std::make_shared<Head>(logs_.back().first.head_id);
    for (std::size_t begin = 0; begin < logs_.size();) {
        std::size_t end = begin;
        std::vector<FoundLog*> of_head;
        while (end < logs_.size() && logs_[end].first.head_id == logs_[begin].first.head_id) {
            of_head.push_back(&logs_[end++]);
        }
        SLUICE_CO_TRY_VOID(co_await replay_head(std::move(of_head)));
        begin = end;
    }
    for (FoundLog& each : logs_) replayed_->replayed_files.push_back(std::move(each.file));
    parts_.recovery_.log_files = logs_.size();
    co_return Result<void>();
}

io::Task<Result<void>> Recovery::replay_head(std::vector<FoundLog*> logs) {
    WalChain chain;
    chain.store_id = state_.store_id;
    chain.head_id = logs.front()->first.head_id;
    WalReplay replay(
        *replayed_->head,
        [this](model::ShardGroupId group) { return state_.dropped_groups.contains(group); },
        [this](model::ShardGroupId group, std::string_view measurement, std::uint64_t sequence) {
            return parts_.is_deleted(group, measurement, sequence);
        });
    for (std::size_t i = 0; i < logs.size(); ++i) {
        // A file that was sealed after a failed write ends where a later one begins.
        std::uint64_t limit = ~std::uint64_t{0};
        for (std::size_t later = i + 1; later < logs.size(); ++later) {
            limit = std::min(limit, logs[later]->first.frame_number);
        }
        if (limit <= logs[i]->first.frame_number) continue;
        SLUICE_CO_TRY(const bool goes_on, co_await replay_file(*logs[i], limit, chain, replay));
        if (!goes_on) break;
    }
    parts_.recovery_.rows += replay.rows();
    sequence_max_ = std::max(sequence_max_, replay.sequence_max());
    dropped_seen_.insert(replay.dropped_groups_seen().begin(), replay.dropped_groups_seen().end());
    co_return Result<void>();
}

// Replays one file, as far as it continues the chain. It returns false when the chain ends for
// good: a torn tail or damage, and not just the end of this file.
io::Task<Result<bool>> Recovery::replay_file(FoundLog& log, std::uint64_t frame_limit,
                                             WalChain& chain, WalReplay& replay) {
    RecoveryReport& report = parts_.recovery_;
    WalReader reader(log.file->file, log.bytes);
    WalDecoder decoder;
    WalStep step = WalStep::kEnd;
    while (chain.next_frame < frame_limit) {
        WalFrameView view;
        const Result<WalStep> next = co_await reader.next(log.first.log_number, chain, view);
        if (!next.ok()) {
            report_log_damage(log, next.error().message);
            co_return false;
        }
        step = *next;
        if (step != WalStep::kFrame) break;
        const Result<void> decoded = decoder.decode(view.payload, replay);
        if (!decoded.ok()) {
            // Its checksum is right and its content is not: what follows cannot be trusted.
            report_log_damage(log, decoded.error().message);
            co_return false;
        }
        ++report.frames;
        report.log_bytes += view.header.frame_bytes();
        if (reactor_.needs_yield()) co_await reactor_.yield();
    }
    if (chain.next_frame == frame_limit) co_return true;
    if (step == WalStep::kUnsupported) {
        co_return Error{ErrorKind::kUnsupported,
                        log.file->file.path() + ": a newer version wrote it"};
    }
    if (step == WalStep::kTorn) ++report.torn_tails;
    // With two writes in flight the later one may be whole while the earlier one is not, and
    // neither was acknowledged.
    constexpr std::uint64_t unacknowledged = 2;
    const Result<std::uint64_t> lost = co_await reader.count_beyond(
        log.first.log_number, chain, chain.next_frame + unacknowledged);
    if (!lost.ok()) {
        report_log_damage(log, lost.error().message);
        co_return false;
    }
    const bool gap =
        frame_limit != ~std::uint64_t{0} && frame_limit - chain.next_frame >= unacknowledged;
    if (*lost != 0 || gap) {
        report.frames_unreachable += *lost + (gap ? 1 : 0);
        report_log_damage(log, "damaged at frame " + std::to_string(chain.next_frame));
    }
    co_return false;
}

// Reports a damaged log. The rows that were read from it count; when they are in segments, the file
// is kept under another name.
void Recovery::report_log_damage(FoundLog& log, std::string_view what) {
    const std::string& path = log.file->file.path();
    log_error("log damaged: acknowledged points may be lost", {{"file", path}, {"error", what}});
    std::string text = path + ": " + std::string(what);
    parts_.damage_.push_back("damaged log: " + std::move(text));
    parts_.recovery_.quarantined.push_back(path);
    log.file->damaged = true;
}

}  // namespace sluice::storage
