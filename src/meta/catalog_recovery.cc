#include "meta/catalog_recovery.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "meta/catalog_draft.h"
#include "meta/catalog_frame.h"
#include "meta/catalog_snapshot.h"

namespace sluice::meta {
namespace {

constexpr std::string_view kPrefix = "catalog-";
constexpr std::string_view kSnapshotSuffix = ".snapshot";
constexpr std::string_view kLogSuffix = ".log";

std::string file_name(std::uint64_t generation, std::string_view suffix) {
    char number[24];
    std::snprintf(number, sizeof number, "%010llu", static_cast<unsigned long long>(generation));
    return std::string(kPrefix) + number + std::string(suffix);
}

struct Log {
    std::uint64_t generation = 0;
    CatalogFrames scanned;
    // The last change before this log; nothing when its first frame is not intact.
    std::optional<std::uint64_t> starts_after;
};

Log read_log(std::uint64_t generation, ByteSpan bytes) {
    Log log{generation, scan_frames(bytes, generation), std::nullopt};
    auto& frames = log.scanned.frames;
    if (!frames.empty() && frames.front().kind == CatalogFrameKind::kLogStart) {
        log.starts_after = frames.front().sequence;
        frames.erase(frames.begin());
    }
    return log;
}

// Applies what `log` has up to change `last`.
Result<void> replay(const Log& log, std::uint64_t last, CatalogDraft& draft,
                    CatalogRecovery& recovery) {
    for (const CatalogFrame& frame : log.scanned.frames) {
        if (frame.kind != CatalogFrameKind::kChanges) continue;
        if (frame.sequence <= recovery.sequence) continue;
        if (frame.sequence > last) break;
        recovery.changes_lost += frame.sequence - recovery.sequence - 1;
        const Misfit misfit = recovery.changes_lost == 0 ? Misfit::kRefuse : Misfit::kSkip;
        SLUICE_TRY_VOID(draft.apply(frame.payload, misfit));
        recovery.sequence = frame.sequence;
    }
    return {};
}

Result<CatalogRecovery> recover_from(std::uint64_t generation, const CatalogFiles& files) {
    CatalogDraft draft{Catalog{}};
    SLUICE_TRY(const LoadedSnapshot snapshot,
               load_snapshot(files.snapshots.at(generation), generation, draft));
    CatalogRecovery recovery;
    recovery.generation = generation;
    recovery.sequence = snapshot.sequence;

    std::vector<Log> logs;
    for (const auto& [number, bytes] : files.logs) {
        if (number < generation) continue;
        Log log = read_log(number, bytes);
        // A log without a snapshot and without changes was made by a compaction that came no
        // further: history went on in the log before it.
        const bool used = !log.scanned.frames.empty() || files.snapshots.contains(number);
        if (used) logs.push_back(std::move(log));
    }
    for (std::size_t i = 0; i < logs.size(); ++i) {
        if (logs[i].scanned.from_later_version) {
            return Error{ErrorKind::kUnsupported, "the catalog was written by a later version"};
        }
        // A change that failed may still lie at the end of the log it failed in; the next log says
        // where history went on.
        const bool is_last = i + 1 == logs.size();
        const std::uint64_t last =
            is_last ? ~std::uint64_t{0} : logs[i + 1].starts_after.value_or(~std::uint64_t{0});
        SLUICE_TRY_VOID(replay(logs[i], last, draft, recovery));
        recovery.torn_tail = logs[i].scanned.torn_tail;
        if (!is_last && logs[i + 1].starts_after.has_value() &&
            recovery.sequence < *logs[i + 1].starts_after) {
            recovery.changes_lost += *logs[i + 1].starts_after - recovery.sequence;
            recovery.sequence = *logs[i + 1].starts_after;
        }
    }
    recovery.operations_skipped = draft.skipped();
    const bool newest = !logs.empty() && logs.back().generation == generation &&
                        generation == files.last_generation();
    if (newest && logs.back().starts_after.has_value() && recovery.changes_lost == 0 &&
        logs.back().scanned.damaged_places == 0) {
        recovery.log_end = logs.back().scanned.end;
    }
    recovery.catalog = draft.finish();
    return recovery;
}

}  // namespace

std::string snapshot_file_name(std::uint64_t generation) {
    return file_name(generation, kSnapshotSuffix);
}
std::string log_file_name(std::uint64_t generation) {
    return file_name(generation, kLogSuffix);
}

std::optional<CatalogFileName> parse_file_name(std::string_view name) {
    CatalogFileName parsed;
    if (!name.starts_with(kPrefix)) return std::nullopt;
    name.remove_prefix(kPrefix.size());
    parsed.is_log = name.ends_with(kLogSuffix);
    if (!parsed.is_log && !name.ends_with(kSnapshotSuffix)) return std::nullopt;
    name.remove_suffix(parsed.is_log ? kLogSuffix.size() : kSnapshotSuffix.size());
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), parsed.generation);
    if (error != std::errc() || end != name.data() + name.size() || parsed.generation == 0) {
        return std::nullopt;
    }
    return parsed;
}

std::uint64_t CatalogFiles::last_generation() const {
    const std::uint64_t snapshot = snapshots.empty() ? 0 : snapshots.rbegin()->first;
    return std::max(snapshot, logs.empty() ? 0 : logs.rbegin()->first);
}

Result<CatalogRecovery> recover_catalog(const CatalogFiles& files) {
    // The very first compaction may have come no further than its log.
    const bool has_history = !files.snapshots.empty() ||
                             std::any_of(files.logs.begin(), files.logs.end(), [](const auto& log) {
                                 return !read_log(log.first, log.second).scanned.frames.empty();
                             });
    if (!has_history) {
        CatalogRecovery fresh;
        fresh.catalog = CatalogDraft{Catalog{}}.finish();
        return fresh;
    }
    std::uint64_t damaged = 0;
    for (auto it = files.snapshots.rbegin(); it != files.snapshots.rend(); ++it) {
        Result<CatalogRecovery> recovery = recover_from(it->first, files);
        if (recovery.ok()) {
            recovery->snapshots_damaged = damaged;
            return recovery;
        }
        if (recovery.error().kind != ErrorKind::kCorrupt) return recovery;
        ++damaged;
    }
    return Error{ErrorKind::kCorrupt, "the catalog is damaged: none of its " +
                                          std::to_string(damaged) + " snapshots can be read"};
}

}  // namespace sluice::meta
