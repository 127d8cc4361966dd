// This part of an opening is about logs: it finds the head that each belongs to, and brings their
// rows back into memory.
#include <algorithm>

#include "sluice/base/log.h"
#include "storage/files/device_failure.h"
#include "storage/files/file_names.h"
#include "storage/files/list_entries.h"
#include "storage/files/read_attempts.h"
#include "storage/store/recovery.h"

namespace sluice::storage {

io::Task<Result<Recovery::LogContent>> Recovery::try_read_start(FoundLog& log) {
    SLUICE_CO_TRY(log.bytes, co_await log.file->file.size());
    WalReader reader(log.file->file, log.bytes);
    Result<WalHeaderState> state = co_await reader.read_first(log.first);
    if (!state.ok() && !is_device_failure(state.error())) co_return std::move(state).error();
    if (state.ok() && *state == WalHeaderState::kIntact) co_return LogContent::kFrames;
    if (state.ok() && *state == WalHeaderState::kEmpty) co_return LogContent::kNothing;
    if (state.ok() && *state == WalHeaderState::kUnsupported) {
        co_return Error{ErrorKind::kUnsupported,
                        log.file->file.path() + ": a newer version wrote it"};
    }
    log.first_is_damaged = true;
    SLUICE_CO_TRY(const auto first,
                  co_await reader.find_first(rebuild_ && logs_.empty() ? 0 : state_.store_id));
    if (first) log.first = *first;
    if (first) co_return LogContent::kFrames;
    co_return reader.unreadable_sectors() != 0 ? LogContent::kUnreadable : LogContent::kGarbage;
}

// An error that says nothing about the file is one of the start: it must not go on without it.
io::Task<Result<Recovery::LogContent>> Recovery::read_start(FoundLog& log) {
    const std::string path = log_path(directory_, log.file->number);
    Result<LogContent> content = LogContent::kUnreadable;
    for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
        auto opened = co_await io::File::open(reactor_, path, io::OpenMode::kReadWrite);
        if (opened.ok()) {
            log.file->file = std::move(*opened);
            content = co_await try_read_start(log);
            if (content.ok() && *content != LogContent::kUnreadable) co_return content;
            if (attempt + 1 < kReadAttempts) co_await log.file->file.close();
        } else {
            content = std::move(opened).error();
        }
        if (!content.ok() && content.error().kind == ErrorKind::kUnsupported) break;
    }
    if (!content.ok() && is_device_failure(content.error())) content = LogContent::kUnreadable;
    if ((!content.ok() || *content == LogContent::kUnreadable) && log.file->file.is_open()) {
        co_await log.file->file.close();
    }
    co_return content;
}

io::Task<Result<void>> Recovery::find_logs() {
    SLUICE_CO_TRY(const auto entries, co_await list_entries(reactor_, log_directory(directory_)));
    for (const io::DirectoryEntry& each : entries) {
        const auto number = each.is_directory ? std::nullopt : parse_log_name(each.name);
        if (number) {
            SLUICE_CO_TRY_VOID(co_await look_at_log(*number));
        } else if (is_quarantine_name(each.name)) {
            report_set_aside(log_directory(directory_) + "/" + each.name);
        } else {
            report_odd(log_directory(directory_) + "/" + each.name);
        }
    }
    std::sort(logs_.begin(), logs_.end(), [](const FoundLog& a, const FoundLog& b) {
        return std::pair(a.first.head_id, a.first.log_number) <
               std::pair(b.first.head_id, b.first.log_number);
    });
    co_return co_await report_missing_logs();
}

io::Task<Result<void>> Recovery::look_at_log(std::uint64_t number) {
    log_file_number_max_ = std::max(log_file_number_max_, number);
    FoundLog log;
    log.file = std::make_unique<WalFile>();
    log.file->number = number;
    const std::string path = log_path(directory_, number);
    SLUICE_CO_TRY(const LogContent content, co_await read_start(log));
    if (content == LogContent::kUnreadable) {
        logs_are_whole_ = false;
        co_await set_aside(path, "its first frame cannot be read, nor any other");
        co_return Result<void>();
    }
    const bool begun = content == LogContent::kFrames;
    if (begun && rebuild_ && logs_.empty()) state_.store_id = log.first.store_id;
    if (begun && log.first.store_id == state_.store_id) {
        log_number_max_ = std::max(log_number_max_, log.first.log_number);
        head_id_max_ = std::max(head_id_max_, log.first.head_id);
        log_numbers_.insert(log.first.log_number);
        if (log.first.head_id > state_.flushed_head) {
            logs_.push_back(std::move(log));
            co_return Result<void>();
        }
    }
    if (content == LogContent::kGarbage) {
        garbage_.push_back(std::move(log.file));
    } else if (log.bytes == parts_.life().options.wal_file_bytes) {
        spare_.push_back(std::move(log.file));
    } else {
        // Of another size, or not filled to its end when the process died.
        co_await log.file->file.close();
        SLUICE_CO_TRY_VOID(co_await remove(path));
    }
    co_return Result<void>();
}

// Logs that the manifest knows to hold frames. Where one is missing, a file in which nothing can be
// recognised may be what is left of it, and is kept; else it was about to be used for the first
// time, or again, when the power failed.
io::Task<Result<void>> Recovery::report_missing_logs() {
    std::vector<std::uint64_t> missing;
    for (const auto& [number, log] : state_.logs) {
        const bool is_needed = log.head_id > state_.flushed_head;
        if (is_needed && !log_numbers_.contains(number)) missing.push_back(number);
    }
    for (const std::uint64_t number : missing) {
        logs_are_whole_ = false;
        state_.logs.erase(number);
        log_number_max_ = std::max(log_number_max_, number);
        log_error("a log is missing: acknowledged points may be lost",
                  {{"store", directory_}, {"log", number}});
        parts_.trouble().add_damage("missing log: number " + std::to_string(number) + " in " +
                                    log_directory(directory_));
        parts_.recovery().logs_missing += 1;
    }
    for (auto& file : garbage_) {
        const std::string path = log_path(directory_, file->number);
        const Result<std::uint64_t> size = co_await file->file.size();
        if (missing.empty() && size.ok() && *size == parts_.life().options.wal_file_bytes) {
            spare_.push_back(std::move(file));
            continue;
        }
        co_await file->file.close();
        if (missing.empty()) {
            SLUICE_CO_TRY_VOID(co_await remove(path));
        } else {
            co_await set_aside(path, "holds no frame that is whole");
        }
    }
    garbage_.clear();
    co_return Result<void>();
}

// All logs go into one head, which is frozen from the start: whatever their heads were, their rows
// are to be in segments soon, and three heads at most are in memory. Heads are replayed in the
// order of their ids, so later rows come later, as they did when they were written.
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
    parts_.recovery().log_files = logs_.size();
    co_return Result<void>();
}

// The files of one head, in the order in which they were taken into use. A file may have been
// sealed by a failed write and followed by another one that begins with the same frame number, or
// even with an earlier one: what the later file has was acknowledged, what the sealed one has of
// the same numbers was not.
io::Task<Result<void>> Recovery::replay_head(std::vector<FoundLog*> logs) {
    WalChain chain;
    chain.store_id = state_.store_id;
    chain.head_id = logs.front()->first.head_id;
    WalReplay replay(
        *replayed_->head,
        [this](model::ShardGroupId group) { return state_.dropped_groups.contains(group); },
        [this](model::ShardGroupId group, std::string_view measurement, std::uint64_t sequence) {
            return parts_.deletes().covers_all(group, measurement, sequence);
        });
    for (std::size_t i = 0; i < logs.size(); ++i) {
        // A file that was sealed after a failed write ends where a later one begins.
        FoundLog* next = nullptr;
        for (std::size_t later = i + 1; later < logs.size(); ++later) {
            const std::uint64_t first = logs[later]->first.frame_number;
            if (next == nullptr || first < next->first.frame_number) next = logs[later];
        }
        if (next != nullptr && next->first.frame_number <= logs[i]->first.frame_number) continue;
        SLUICE_CO_TRY(const bool goes_on, co_await replay_file(*logs[i], next, chain, replay));
        if (!goes_on) break;
    }
    parts_.recovery().rows += replay.rows();
    parts_.recovery().rows_lost += replay.rows_lost();
    if (replay.rows_lost() != 0) {
        log_error("rows of whole frames need what damaged ones defined",
                  {{"store", directory_}, {"rows", replay.rows_lost()}});
    }
    sequence_max_ = std::max(sequence_max_, replay.sequence_max());
    replayed_sequence_min_ = std::min(replayed_sequence_min_, replay.sequence_min());
    replayed_sequence_max_ = std::max(replayed_sequence_max_, replay.sequence_max());
    parts_.groups().add_replayed(replay.groups());
    co_return Result<void>();
}

// False when the chain ends for good. `next_log` is where a later file of the head begins.
io::Task<Result<bool>> Recovery::replay_file(FoundLog& log, FoundLog* next_log, WalChain& chain,
                                             WalReplay& replay) {
    RecoveryReport& report = parts_.recovery();
    const auto known = state_.logs.find(log.first.log_number);
    if (known != state_.logs.end() && log.bytes < known->second.file_bytes) {
        report_log_damage(log, "cut to " + std::to_string(log.bytes) + " bytes of " +
                                   std::to_string(known->second.file_bytes));
    }
    const std::uint64_t frame_limit =
        next_log == nullptr ? ~std::uint64_t{0} : next_log->first.frame_number;
    WalReader reader(log.file->file, log.bytes);
    WalDecoder decoder;
    while (chain.next_frame < frame_limit) {
        WalFrameView view;
        const Result<WalStep> next = co_await reader.next(log.first.log_number, chain, view);
        if (!next.ok()) {
            if (!is_device_failure(next.error())) co_return next.error();
            report_log_damage(log, next.error().message);
            co_return false;
        }
        if (*next == WalStep::kUnsupported) {
            co_return Error{ErrorKind::kUnsupported,
                            log.file->file.path() + ": a newer version wrote it"};
        }
        if (*next != WalStep::kFrame) {
            SLUICE_CO_TRY(const bool goes_on,
                          co_await go_on_behind(log, next_log, reader, *next == WalStep::kTorn,
                                                chain, replay));
            if (!goes_on) co_return false;
            continue;
        }
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
    co_return true;
}

// The chain has ended. Where nobody was told that the next frame is durable, that is all of it.
// Else frames are lost, and it goes on with what is whole behind them: true.
io::Task<Result<bool>> Recovery::go_on_behind(FoundLog& log, FoundLog* next_log, WalReader& reader,
                                              bool torn, WalChain& chain, WalReplay& replay) {
    // Three witnesses say up to which frame clients were told that their points are safe: frames of
    // this file behind the end of the chain, the first one of the next file, and, of a head that
    // was there at an orderly stop, the manifest.
    const Result<WalReader::Behind> found =
        co_await reader.look_behind(log.first.log_number, chain);
    if (!found.ok()) {
        if (!is_device_failure(found.error())) co_return found.error();
        report_log_damage(log, found.error().message);
        co_return false;
    }
    const WalReader::Behind& behind = *found;
    std::uint64_t acknowledged = std::max(behind.acknowledged, state_.log_end(log.first.head_id));
    if (next_log != nullptr)
        acknowledged = std::max(acknowledged, next_log->first.acknowledged_frame());
    const std::uint64_t next_frame = chain.next_frame;
    if (acknowledged < next_frame) {
        if (reader.unreadable_sectors() != 0) {
            report_log_damage(log, "cannot be read to its end");
        } else if (torn) {
            ++parts_.recovery().torn_tails;
            log_info("a log ends in a frame that was cut short",
                     {{"file", log.file->file.path()}, {"frame", next_frame}});
        }
        co_return false;
    }
    replay.expect_gaps();
    std::uint64_t goes_on_at = acknowledged + 1;
    const bool here = behind.next && (next_log == nullptr ||
                                      behind.next->frame_number < next_log->first.frame_number);
    if (here) {
        goes_on_at = behind.next->frame_number;
        reader.skip_to(behind, chain);
    } else if (next_log != nullptr) {
        goes_on_at = next_log->first.frame_number;
        chain.next_frame = next_log->first.frame_number;
        chain.previous_hash = next_log->first.previous_hash;
    }
    SLUICE_CHECK(goes_on_at > next_frame);
    const std::uint64_t lost = goes_on_at - next_frame;
    parts_.recovery().frames_lost += lost;
    const bool in_next = !here && next_log != nullptr && next_log->first_is_damaged;
    report_log_damage(in_next ? *next_log : log, "damaged at frame " + std::to_string(next_frame) +
                                                     ", " + std::to_string(lost) +
                                                     " frames are lost");
    co_return here || next_log != nullptr;
}

// Reports a damaged log. The rows that were read from it count; when they are in segments, the file
// is kept under another name.
void Recovery::report_log_damage(FoundLog& log, std::string_view what) {
    const std::string& path = log.file->file.path();
    log_error("log damaged: acknowledged points may be lost", {{"file", path}, {"error", what}});
    std::string text = path + ": " + std::string(what);
    parts_.trouble().add_damage("damaged log: " + std::move(text));
    logs_are_whole_ = false;
    if (log.file->damaged) return;
    parts_.recovery().quarantined.push_back(path);
    log.file->damaged = true;
}

}  // namespace sluice::storage
