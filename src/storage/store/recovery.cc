#include "storage/store/recovery.h"

#include <algorithm>

#include "sluice/base/hash.h"
#include "sluice/base/log.h"
#include "storage/files/file_names.h"

namespace sluice::storage {
io::Task<Result<void>> Recovery::run() {
    const std::int64_t begin = reactor_.precise_ns();
    SLUICE_CO_TRY_VOID(co_await make_directories());
    SLUICE_CO_TRY_VOID(co_await read_manifest());
    SLUICE_CO_TRY_VOID(co_await find_logs());
    SLUICE_CO_TRY_VOID(co_await replay_logs());
    SLUICE_CO_TRY_VOID(co_await find_segments());
    SLUICE_CO_TRY_VOID(co_await start());
    parts_.recovery_.duration_ns = reactor_.precise_ns() - begin;
    co_return Result<void>();
}

io::Task<Result<void>> Recovery::make_directories() {
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

io::Task<Result<void>> Recovery::read_manifest() {
    SLUICE_CO_TRY(manifests_, co_await find_manifest(reactor_, directory_));
    for (const std::uint64_t each : manifests_.unreadable) {
        std::erase(manifests_.numbers, each);
        co_await set_aside(manifest_path(directory_, each), "cannot be read");
    }
    if (manifests_.content) {
        parts_.recovery_.manifest_records_cut = manifests_.content->torn ? 1 : 0;
        state_ = manifests_.content->state;
        if (manifests_.damaged != 0) {
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

// Compares the folders with the manifest. Files that it does not know are leftovers and go
// (sort_out_group); a file that it knows and that is not there is lost, which is named, and the
// store serves the rest.
io::Task<Result<void>> Recovery::find_segments() {
    SLUICE_CO_TRY(const auto entries,
                  co_await io::list_directory(reactor_, shards_directory(directory_)));
    for (const io::DirectoryEntry& each : entries) {
        const auto group = parse_group_name(each.name);
        if (!group || !each.is_directory) continue;
        SLUICE_CO_TRY_VOID(co_await sort_out_group(*group));
    }
    std::vector<std::uint64_t> missing;
    for (const auto& [id, record] : state_.segments) {
        const std::vector<SegmentPtr> present = parts_.segments_of(record.meta.group);
        const bool found =
            std::any_of(present.begin(), present.end(),
                        [wanted = id](const auto& each) { return each->record().id == wanted; });
        if (!found) missing.push_back(id);
    }
    for (const std::uint64_t id : missing) {
        const std::string path = segment_path(directory_, state_.segments[id].meta.group, id);
        log_error("segment missing", {{"file", path}});
        parts_.damage_.push_back("missing segment: " + path);
        parts_.recovery_.quarantined.push_back(path);
        ++parts_.quarantined_;
        state_.segments.erase(id);
    }
    co_return Result<void>();
}

io::Task<Result<void>> Recovery::sort_out_group(model::ShardGroupId group) {
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
            parts_.add_segment(known->second);
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
io::Task<Result<void>> Recovery::adopt_segment(model::ShardGroupId group, std::uint64_t id) {
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
            // Rows without sequences cannot be told from those written after a delete.
            if (!record.has_sequences) record.deletes_applied = last_delete(parts_.tombstones_);
            record.meta = (*reader)->meta();
            record.meta.size_bytes = size;
        }
    }
    co_await file.close();
    state_.next_segment_id = std::max(state_.next_segment_id, id + 1);
    if (record.id == 0 || record.meta.group != group) {
        log_error("segment damaged", {{"file", path}});
        parts_.recovery_.quarantined.push_back(path);
        ++parts_.quarantined_;
        co_return co_await io::rename_file(reactor_, path, quarantine_path(path));
    }
    state_.segments[id] = record;
    parts_.add_segment(record);
    co_return Result<void>();
}

// A file that cannot be read gets a name that nothing reads or removes.
io::Task<void> Recovery::set_aside(std::string path, std::string_view why) {
    log_error("a file cannot be read and is set aside", {{"file", path}, {"error", why}});
    parts_.damage_.push_back("unreadable file: " + path);
    parts_.recovery_.quarantined.push_back(path);
    auto renamed = co_await io::rename_file(reactor_, path, quarantine_path(path));
    if (!renamed.ok()) {
        log_warn("a damaged file keeps its name", {{"error", renamed.error().message}});
    }
}

io::Task<Result<void>> Recovery::remove(std::string path) {
    ++parts_.recovery_.files_removed;
    co_return co_await io::remove_file(reactor_, std::move(path));
}

io::Task<Result<void>> Recovery::start() {
    if (rebuild_ && !state_.segments.empty()) {
        log_error("the manifest was lost and is made again from the segments",
                  {{"store", directory_}});
        parts_.damage_.push_back("the manifest was lost and made again from the segments");
    }
    for (const auto& [id, record] : state_.segments) {
        sequence_max_ = std::max(sequence_max_, record.meta.sequence_max);
        // Those deletes may have been forgotten, but later ones must still be above them.
        sequence_max_ = std::max(sequence_max_, record.deletes_applied);
    }
    sequence_max_ = std::max(sequence_max_, last_delete(parts_.tombstones_));
    parts_.options_.sequences->raise_above(sequence_max_);
    // A group no log speaks of any more needs no reminder.
    std::erase_if(state_.dropped_groups,
                  [this](model::ShardGroupId group) { return !dropped_seen_.contains(group); });
    ++state_.incarnation;
    const std::uint64_t store_id = state_.store_id;
    co_await parts_.manifest_.begin(std::move(state_), std::move(manifests_));

    parts_.files_.set_next_number(log_file_number_max_ + 1);
    for (std::unique_ptr<WalFile>& each : spare_) parts_.files_.adopt(std::move(each));
    WalContext context(parts_.reactor_, parts_.files_, parts_.metrics_, parts_.gate_);
    context.store_id = store_id;
    context.next_log_number = log_number_max_ + 1;
    context.file_bytes = parts_.options_.wal_file_bytes;
    context.frame_bytes = parts_.options_.wal_frame_bytes;
    context.writes_in_flight = parts_.options_.wal_writes_in_flight;
    parts_.wal_.emplace(std::move(context));
    if (parts_.tombstones_ != nullptr) {
        const std::uint64_t replayed_head = replayed_ ? replayed_->head->id() : 0;
        for (const auto& [group, list] : parts_.tombstones_->groups) {
            for (const auto& each : *list) parts_.arrivals_[each->sequence] = {0, replayed_head};
        }
    }
    if (replayed_) parts_.frozen_.push_back(std::move(replayed_));
    parts_.active_ = parts_.make_generation();
    parts_.start_background();
    co_return Result<void>();
}

io::Task<Result<void>> StoreParts::open() {
    Recovery run(*this);
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
