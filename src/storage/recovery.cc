// Opening a store: manifest, logs, leftovers.
//
// Logs are replayed into one head, which is frozen at once and flushed in the background; new
// writes go to a fresh head. So no log is ever continued behind a place where it was cut.
#include <algorithm>

#include "sluice/base/hash.h"
#include "sluice/base/log.h"
#include "storage/file_names.h"
#include "storage/log_replay.h"
#include "storage/store_core.h"
#include "storage/wal_reader.h"

namespace sluice::storage {
namespace {

// A log file that begins with a frame.
struct FoundLog {
    std::unique_ptr<LogFile> file;
    WalFrameHeader first;
};

}  // namespace

class RecoveryRun {
public:
    explicit RecoveryRun(StoreCore& core)
        : core_(core), reactor_(core.reactor_), directory_(core.options_.directory) {}

    io::Task<Result<void>> run();

private:
    io::Task<Result<void>> make_directories();
    io::Task<Result<void>> read_manifest();
    io::Task<Result<void>> find_logs();
    io::Task<Result<void>> replay_logs();
    io::Task<Result<void>> replay_head(std::vector<FoundLog*> logs);
    io::Task<Result<bool>> replay_file(FoundLog& log, std::uint64_t frame_limit, WalChain& chain,
                                       LogReplay& replay);
    io::Task<Result<void>> find_segments();
    io::Task<Result<void>> sort_out_group(model::ShardGroupId group);
    io::Task<Result<void>> adopt_segment(model::ShardGroupId group, std::uint64_t id);
    io::Task<Result<void>> start();
    io::Task<Result<void>> remove(std::string path);

    StoreCore& core_;
    io::Reactor& reactor_;
    std::string directory_;
    ManifestState state_;
    std::vector<std::uint64_t> manifest_numbers_;
    bool rebuild_ = false;  // the manifest is lost: the segments themselves say what there is
    std::vector<FoundLog> logs_;
    std::vector<std::unique_ptr<LogFile>> spare_;
    std::uint64_t log_file_number_max_ = 0;
    std::uint64_t log_number_max_ = 0;
    std::shared_ptr<Generation> replayed_;
    std::set<model::ShardGroupId> dropped_seen_;
    std::uint64_t sequence_max_ = 0;
};

io::Task<Result<void>> RecoveryRun::run() {
    const std::int64_t begin = reactor_.precise_ns();
    SLUICE_CO_TRY_VOID(co_await make_directories());
    SLUICE_CO_TRY_VOID(co_await read_manifest());
    SLUICE_CO_TRY_VOID(co_await find_logs());
    SLUICE_CO_TRY_VOID(co_await replay_logs());
    SLUICE_CO_TRY_VOID(co_await find_segments());
    SLUICE_CO_TRY_VOID(co_await start());
    core_.recovery_.duration_ns = reactor_.precise_ns() - begin;
    co_return Result<void>();
}

io::Task<Result<void>> RecoveryRun::make_directories() {
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor_, directory_));
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor_, log_directory(directory_)));
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor_, shards_directory(directory_)));
    SLUICE_CO_TRY_VOID(co_await io::sync_directory(reactor_, directory_));
    const std::size_t slash = directory_.find_last_of('/');
    const std::string parent =
        slash == std::string::npos ? "." : directory_.substr(0, std::max<std::size_t>(1, slash));
    SLUICE_CO_TRY_VOID(co_await io::sync_directory(reactor_, parent));
    co_return Result<void>();
}

io::Task<Result<void>> RecoveryRun::read_manifest() {
    SLUICE_CO_TRY(ManifestSearch search, co_await find_manifest(reactor_, directory_));
    manifest_numbers_ = std::move(search.numbers);
    core_.recovery_.manifest_records_cut = search.torn ? 1 : 0;
    if (search.state) {
        state_ = std::move(*search.state);
        if (search.damaged != 0) {
            log_warn("a manifest that was begun is not whole; the one before it serves",
                     {{"store", directory_}});
        }
        co_return Result<void>();
    }
    rebuild_ = true;
    // Names this store's logs; any number that other stores do not have will do.
    const std::string seed = directory_ + " " + std::to_string(reactor_.wall_ns()) + " " +
                             std::to_string(reactor_.precise_ns());
    state_.store_id = hash_bytes(seed);
    co_return Result<void>();
}

io::Task<Result<void>> RecoveryRun::find_logs() {
    SLUICE_CO_TRY(const auto entries,
                  co_await io::list_directory(reactor_, log_directory(directory_)));
    for (const io::DirectoryEntry& each : entries) {
        const auto number = parse_log_name(each.name);
        if (!number) continue;
        log_file_number_max_ = std::max(log_file_number_max_, *number);
        auto file = std::make_unique<LogFile>();
        file->number = *number;
        const std::string path = log_path(directory_, *number);
        SLUICE_CO_TRY(file->file,
                      co_await io::File::open(reactor_, path, io::OpenMode::kReadWrite));
        SLUICE_CO_TRY(const std::uint64_t size, co_await file->file.size());
        WalReader reader(file->file, size);
        WalFrameHeader header;
        SLUICE_CO_TRY(const bool begun, co_await reader.read_first(header));
        if (begun && rebuild_ && logs_.empty()) state_.store_id = header.store_id;
        if (begun) log_number_max_ = std::max(log_number_max_, header.log_number);
        if (begun && header.store_id == state_.store_id && header.head_id > state_.flushed_head) {
            logs_.push_back({std::move(file), header});
        } else if (size == core_.options_.wal_file_bytes) {
            spare_.push_back(std::move(file));
        } else {
            // Of another size, or not filled to its end when the process died.
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

io::Task<Result<void>> RecoveryRun::replay_logs() {
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
    core_.recovery_.log_files = logs_.size();
    co_return Result<void>();
}

io::Task<Result<void>> RecoveryRun::replay_head(std::vector<FoundLog*> logs) {
    WalChain chain;
    chain.store_id = state_.store_id;
    chain.head_id = logs.front()->first.head_id;
    LogReplay replay(*replayed_->head, [this](model::ShardGroupId group) {
        return state_.dropped_groups.contains(group);
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
    core_.recovery_.rows += replay.rows();
    sequence_max_ = std::max(sequence_max_, replay.sequence_max());
    dropped_seen_.insert(replay.dropped_groups_seen().begin(), replay.dropped_groups_seen().end());
    co_return Result<void>();
}

// False when the chain ends for good.
io::Task<Result<bool>> RecoveryRun::replay_file(FoundLog& log, std::uint64_t frame_limit,
                                                WalChain& chain, LogReplay& replay) {
    RecoveryReport& report = core_.recovery_;
    SLUICE_CO_TRY(const std::uint64_t size, co_await log.file->file.size());
    WalReader reader(log.file->file, size);
    WalDecoder decoder;
    WalStep step = WalStep::kEnd;
    while (chain.next_frame < frame_limit) {
        WalFrameView view;
        SLUICE_CO_TRY(step, co_await reader.next(log.first.log_number, chain, view));
        if (step != WalStep::kFrame) break;
        const Result<void> decoded = decoder.decode(view.payload, replay);
        if (!decoded.ok()) {
            // Its checksum is right and its content is not: what follows cannot be trusted.
            log_error("log frame cannot be read",
                      {{"file", log.file->file.path()}, {"error", decoded.error().message}});
            core_.damage_.push_back(log.file->file.path() + ": " + decoded.error().message);
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
    // With two writes in flight the later one may be whole where the earlier is not; nobody was
    // told that either is durable.
    constexpr std::uint64_t unacknowledged = 2;
    SLUICE_CO_TRY(const std::uint64_t lost,
                  co_await reader.count_beyond(log.first.log_number, chain,
                                               chain.next_frame + unacknowledged));
    const bool gap =
        frame_limit != ~std::uint64_t{0} && frame_limit - chain.next_frame >= unacknowledged;
    if (lost != 0 || gap) {
        report.frames_unreachable += lost + (gap ? 1 : 0);
        log_error("log damaged: acknowledged points may be lost",
                  {{"file", log.file->file.path()}, {"frame", chain.next_frame}});
        core_.damage_.push_back(log.file->file.path() + ": damaged at frame " +
                                std::to_string(chain.next_frame));
    }
    co_return false;
}

io::Task<Result<void>> RecoveryRun::find_segments() {
    SLUICE_CO_TRY(const auto entries,
                  co_await io::list_directory(reactor_, shards_directory(directory_)));
    for (const io::DirectoryEntry& each : entries) {
        const auto group = parse_group_name(each.name);
        if (!group || !each.is_directory) continue;
        SLUICE_CO_TRY_VOID(co_await sort_out_group(*group));
    }
    std::vector<std::uint64_t> missing;
    for (const auto& [id, record] : state_.segments) {
        const std::vector<SegmentPtr> present = core_.segments_of(record.meta.group);
        const bool found =
            std::any_of(present.begin(), present.end(),
                        [wanted = id](const auto& each) { return each->record().id == wanted; });
        if (!found) missing.push_back(id);
    }
    for (const std::uint64_t id : missing) {
        const std::string path = segment_path(directory_, state_.segments[id].meta.group, id);
        log_error("segment missing", {{"file", path}});
        core_.damage_.push_back("missing segment: " + path);
        core_.recovery_.quarantined.push_back(path);
        ++core_.quarantined_;
        state_.segments.erase(id);
    }
    co_return Result<void>();
}

io::Task<Result<void>> RecoveryRun::sort_out_group(model::ShardGroupId group) {
    const std::string directory = group_directory(directory_, group);
    SLUICE_CO_TRY(const auto entries, co_await io::list_directory(reactor_, directory));
    std::vector<std::uint64_t> ids;
    for (const io::DirectoryEntry& each : entries) {
        if (const auto id = parse_segment_name(each.name)) {
            ids.push_back(*id);
        } else if (!is_quarantine_name(each.name)) {
            SLUICE_CO_TRY_VOID(co_await remove(directory + "/" + each.name));
        }
    }
    std::sort(ids.begin(), ids.end());
    for (const std::uint64_t id : ids) {
        const auto known = state_.segments.find(id);
        if (known != state_.segments.end() && known->second.meta.group == group) {
            core_.add_segment(known->second);
        } else if (rebuild_) {
            SLUICE_CO_TRY_VOID(co_await adopt_segment(group, id));
        } else {
            SLUICE_CO_TRY_VOID(co_await remove(segment_path(directory_, group, id)));
        }
    }
    co_return Result<void>();
}

// Without a manifest every whole segment counts. Merged ones and their inputs may both be there:
// their rows are the same.
io::Task<Result<void>> RecoveryRun::adopt_segment(model::ShardGroupId group, std::uint64_t id) {
    const std::string path = segment_path(directory_, group, id);
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor_, path, io::OpenMode::kRead));
    SLUICE_CO_TRY(const std::uint64_t size, co_await file.size());
    SegmentRecord record;
    {
        SequentialAccess access(file, size);
        auto reader = co_await SegmentReader::open(access, path);
        if (reader.ok()) {
            record.id = id;
            record.has_sequences = (*reader)->has_sequences();
            record.meta = (*reader)->meta();
            record.meta.size_bytes = size;
        }
    }
    co_await file.close();
    state_.next_segment_id = std::max(state_.next_segment_id, id + 1);
    if (record.id == 0 || record.meta.group != group) {
        log_error("segment damaged", {{"file", path}});
        core_.recovery_.quarantined.push_back(path);
        ++core_.quarantined_;
        co_return co_await io::rename_file(reactor_, path, quarantine_path(path));
    }
    state_.segments[id] = record;
    core_.add_segment(record);
    co_return Result<void>();
}

io::Task<Result<void>> RecoveryRun::remove(std::string path) {
    ++core_.recovery_.files_removed;
    co_return co_await io::remove_file(reactor_, std::move(path));
}

io::Task<Result<void>> RecoveryRun::start() {
    if (rebuild_ && !state_.segments.empty()) {
        log_error("the manifest was lost and is made again from the segments",
                  {{"store", directory_}});
        core_.damage_.push_back("the manifest was lost and made again from the segments");
    }
    for (const auto& [id, record] : state_.segments) {
        sequence_max_ = std::max(sequence_max_, record.meta.sequence_max);
    }
    core_.options_.sequences->raise_above(sequence_max_);
    // A group no log speaks of any more needs no reminder.
    std::erase_if(state_.dropped_groups,
                  [this](model::ShardGroupId group) { return !dropped_seen_.contains(group); });
    ++state_.incarnation;
    const std::uint64_t store_id = state_.store_id;
    SLUICE_CO_TRY_VOID(
        co_await core_.manifest_.create(std::move(state_), std::move(manifest_numbers_)));

    core_.files_.set_next_number(log_file_number_max_ + 1);
    for (std::unique_ptr<LogFile>& each : spare_) core_.files_.adopt(std::move(each));
    WalContext context(core_.reactor_, core_.files_, core_.metrics_, core_.gate_);
    context.store_id = store_id;
    context.next_log_number = log_number_max_ + 1;
    context.file_bytes = core_.options_.wal_file_bytes;
    context.frame_bytes = core_.options_.wal_frame_bytes;
    context.writes_in_flight = core_.options_.wal_writes_in_flight;
    core_.wal_.emplace(std::move(context));
    if (replayed_) core_.frozen_.push_back(std::move(replayed_));
    core_.active_ = core_.make_generation();
    core_.start_background();
    co_return Result<void>();
}

io::Task<Result<void>> StoreCore::open() {
    RecoveryRun run(*this);
    Result<void> done = co_await run.run();
    if (!done.ok()) {
        segments_.clear();
        reaper_.stop();
        co_await reaper_.run();
        co_await manifest_.close();
    }
    co_return done;
}

}  // namespace sluice::storage
