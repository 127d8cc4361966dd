#include "storage/store/recovery.h"

#include <algorithm>
#include <cerrno>

#include "sluice/base/hash.h"
#include "sluice/base/log.h"
#include "storage/files/file_names.h"
#include "storage/files/list_entries.h"
#include "storage/files/store_directories.h"

namespace sluice::storage {
// The order is that of who knows more. The manifest says which heads are in segments, so it tells
// which logs are replayed; the logs tell which sequences are there, and so whether a segment that
// no record names holds anything that nothing else does. Nothing is written, renamed or removed
// before its content is known to be elsewhere, and a second start after a crash in here finds the
// same.
io::Task<Result<void>> Recovery::run() {
    const std::int64_t begin = reactor_.precise_ns();
    SLUICE_CO_TRY(const bool waits, co_await waits_for_room());
    if (!waits) {
        SLUICE_CO_TRY_VOID(co_await read_manifest());
        SLUICE_CO_TRY_VOID(co_await find_logs());
        SLUICE_CO_TRY_VOID(co_await replay_logs());
        SLUICE_CO_TRY_VOID(co_await find_segments());
    }
    if (!manifests_.content) name_store();
    SLUICE_CO_TRY_VOID(co_await start());
    parts_.recovery().duration_ns = reactor_.precise_ns() - begin;
    co_return Result<void>();
}

// True: the device has no room for a store that is new. There is nothing to be read then, and the
// manifest makes the directories when there is.
io::Task<Result<bool>> Recovery::waits_for_room() {
    Result<void> made = co_await make_store_directories(reactor_, directory_);
    if (made.ok()) co_return false;
    const bool is_full = made.error().kind == ErrorKind::kNoSpace;
    const auto entries = co_await io::list_directory(reactor_, directory_);
    const bool is_absent = !entries.ok() && entries.error().kind == ErrorKind::kNotFound;
    if (!is_full || (!entries.ok() && !is_absent)) co_return std::move(made).error();
    const bool is_new = is_absent || std::ranges::none_of(*entries, &io::DirectoryEntry::is_file);
    if (!is_new) co_return std::move(made).error();
    log_error("there is no room for a store", {{"error", made.error().message}});
    co_return true;
}

io::Task<Result<void>> Recovery::read_manifest() {
    SLUICE_CO_TRY(manifests_, co_await find_manifest(reactor_, directory_));
    SLUICE_CO_TRY(const auto entries, co_await list_entries(reactor_, directory_));
    for (const io::DirectoryEntry& each : entries) {
        if (is_quarantine_name(each.name)) report_set_aside(directory_ + "/" + each.name);
    }
    for (const std::string& each : manifests_.unreadable) {
        co_await set_aside(each, "cannot be read");
    }
    rebuild_ = !manifests_.content;
    lost_ = manifests_.has_lost_something();
    if (manifests_.content) {
        const ManifestContent& content = *manifests_.content;
        parts_.recovery().manifest_records_cut = content.torn ? 1 : 0;
        parts_.recovery().manifest_records_lost = content.records_lost;
        parts_.recovery().manifest_records_mended = content.records_mended;
        state_ = content.state;
        if (content.torn) log_info("the manifest ended in a record that was cut short");
        if (content.records_mended != 0 || manifests_.copy_missing) {
            log_warn("a manifest is damaged; its copy serves",
                     {{"file", manifest_path(directory_, manifests_.number)},
                      {"records", content.records_mended}});
        }
        if (manifests_.damaged != 0) {
            log_warn("a manifest that was begun is not whole; the one before it serves",
                     {{"store", directory_}});
        }
        if (lost_) {
            std::string text = manifest_path(directory_, manifests_.number) + ": " +
                               std::to_string(content.records_lost) + " records are damaged";
            log_error("the manifest has lost records; what it does not name is kept",
                      {{"file", manifest_path(directory_, manifests_.number)},
                       {"records", content.records_lost}});
            parts_.trouble().add_damage("damaged manifest: " + std::move(text));
        }
    }
    co_return Result<void>();
}

// The logs carry the number; any that other stores do not have will do.
void Recovery::name_store() {
    const std::string seed = directory_ + " " + std::to_string(reactor_.wall_ns()) + " " +
                             std::to_string(reactor_.precise_ns());
    state_.store_id = hash_bytes(seed);
}

// What was lost with a file stays lost, and is said until somebody has looked after it.
void Recovery::report_set_aside(const std::string& path) {
    constexpr std::uint64_t named_max = 8;
    if (!path.ends_with(quarantine_path(""))) return;  // nothing was lost with it
    if (++set_aside_before_ > named_max) return;
    log_warn("a damaged file was set aside earlier", {{"file", path}});
    parts_.trouble().add_damage("set aside earlier: " + path);
}

// A file that cannot be read gets a name that nothing reads or removes.
io::Task<void> Recovery::set_aside(std::string path, std::string_view why) {
    log_error("a file cannot be read and is set aside", {{"file", path}, {"error", why}});
    parts_.trouble().add_damage("unreadable file: " + path);
    parts_.recovery().quarantined.push_back(path);
    auto renamed = co_await io::rename_file(reactor_, path, quarantine_path(path));
    if (!renamed.ok()) {
        log_warn("a damaged file keeps its name", {{"error", renamed.error().message}});
    }
}

// Not ours: whoever put it there may want it.
void Recovery::report_odd(const std::string& path) {
    log_warn("an unknown file in the data directory is left alone", {{"file", path}});
}

// What cannot be removed because the file system is read-only is in nobody's way until the next
// start.
io::Task<Result<void>> Recovery::remove(std::string path) {
    Result<void> removed = co_await io::remove_file(reactor_, std::move(path));
    if (!removed.ok() && removed.error().os_error == EROFS) {
        log_warn("a file that is of no use stays", {{"error", removed.error().message}});
        co_return Result<void>();
    }
    if (removed.ok()) ++parts_.recovery().files_removed;
    co_return removed;
}

io::Task<Result<void>> Recovery::start() {
    if (rebuild_ && (!state_.segments.empty() || !logs_.empty())) {
        log_error("the manifest was lost and is made again from the segments",
                  {{"store", directory_}, {"segments", state_.segments.size()}});
        parts_.trouble().add_damage("the manifest was lost and made again from the segments");
    } else if (parts_.recovery().segments_adopted != 0) {
        parts_.trouble().add_damage(std::to_string(parts_.recovery().segments_adopted) +
                                    " segments that the manifest does not name were taken in");
    }
    for (const auto& [id, record] : state_.segments) {
        sequence_max_ = std::max(sequence_max_, record.meta.sequence_max);
        // Those deletes may have been forgotten, but later ones must still be above them.
        sequence_max_ = std::max(sequence_max_, record.deletes_applied);
    }
    sequence_max_ = std::max(sequence_max_, parts_.deletes().last_sequence());
    parts_.life().options.sequences->raise_above(sequence_max_);
    // A group no log speaks of any more needs no reminder.
    std::erase_if(state_.dropped_groups, [this](model::ShardGroupId group) {
        return !parts_.groups().is_replayed(group);
    });
    // A manifest that was lost does not tell the number of this life, but the logs do: ids of heads
    // must grow, because those up to the flushed one are not replayed.
    const auto logged = static_cast<std::uint32_t>(head_id_max_ >> 32);
    state_.incarnation = std::max(state_.incarnation, logged) + 1;
    const std::uint64_t store_id = state_.store_id;
    const std::uint32_t incarnation = state_.incarnation;
    co_await parts_.manifest().begin(std::move(state_), std::move(manifests_));

    parts_.files().set_next_number(log_file_number_max_ + 1);
    for (std::unique_ptr<WalFile>& each : spare_) parts_.files().adopt(std::move(each));
    parts_.wal().store_id = store_id;
    parts_.wal().next_log_number = log_number_max_ + 1;
    parts_.deletes().begin(replayed_ ? replayed_->head->id() : 0);
    parts_.heads().begin(incarnation, std::move(replayed_));
    parts_.start_background();
    co_return Result<void>();
}

io::Task<Result<void>> StoreParts::open() {
    Recovery run(*this);
    Result<void> done = co_await run.run();
    if (!done.ok()) {
        co_await segments_.close();
        co_await manifest_.close();
    }
    co_return done;
}

}  // namespace sluice::storage
