#include "meta/log/copy_review.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sluice::meta {
namespace {

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

// Looks at one directory's files, generation by generation.
class CopyReview {
public:
    CopyReview(const CatalogFiles& files, std::size_t copy, const GenerationReadings& readings,
               const SnapshotsByGeneration& good, CatalogRecovery& recovery)
        : files_(files), copy_(copy), readings_(readings), good_(good), recovery_(recovery) {}

    void run() {
        for (const std::string& sentence : files_.odd) recovery_.findings.push_back(sentence);
        if (!files_.unreadable.empty()) return find(files_.unreadable);
        if (recovery_.generation == 0) return;
        const GenerationReading& newest = readings_.at(recovery_.generation);
        if (files_.is_missing || files_.empty()) {
            recovery_.wants_compaction = true;
            // A directory of a version that kept one copy gets the other without a word.
            if (newest.copies < kCatalogCopies && copy_ != 0) return;
            return find(files_.directory +
                        (files_.is_missing ? " is missing" : " holds no catalog"));
        }
        for (auto it = readings_.begin(); it != readings_.end(); ++it) {
            if (it->second.is_used()) review(it->first, it->second, bound_of(it));
        }
    }

private:
    void find(std::string sentence) {
        recovery_.findings.push_back(std::move(sentence));
        recovery_.wants_compaction = true;
    }
    void find(const std::string& name, const std::string& how) {
        find(files_.directory + "/" + name + " " + how);
    }
    // A generation is one thing: half of it is no fallback.
    void set_aside(std::uint64_t generation, bool log_present, bool snapshot_present) {
        // What may not be read is not damaged.
        if (files_.refused.has_value()) return;
        std::vector<std::string>& damaged = recovery_.copies[copy_].damaged;
        if (snapshot_present) damaged.push_back(snapshot_file_name(generation));
        if (log_present) damaged.push_back(log_file_name(generation));
    }

    // The last change of a generation that counts: later ones failed.
    std::uint64_t bound_of(GenerationReadings::const_iterator it) const {
        const std::uint64_t last = it->second.last_change();
        for (++it; it != readings_.end(); ++it) {
            if (!it->second.is_used()) continue;
            return std::min(last, it->second.starts_after.value_or(last));
        }
        return last;
    }

    void review(std::uint64_t generation, const GenerationReading& reading, std::uint64_t bound) {
        const LogReading& log = reading.logs[copy_];
        const SnapshotReading& snapshot = reading.snapshots[copy_];
        const bool newest = generation == recovery_.generation;
        const bool log_present = log.exists || files_.unreadable_logs.contains(generation);
        const bool snapshot_present =
            snapshot.exists || files_.unreadable_snapshots.contains(generation);
        if (!log_present && !snapshot_present) {
            // The older generation is kept for want of better and need not be everywhere.
            if (newest) find(files_.directory + " is older than the other copy of the catalog");
            return;
        }
        // A crash may come between the renames of a compaction.
        const bool unfinished = !snapshot_present && reading.changes.empty() &&
                                reading.stopped_after == 0 && !log.damage().has_value();
        if (unfinished) {
            if (newest) recovery_.wants_compaction = true;
            return;
        }
        const bool snapshot_good = review_snapshot(generation, snapshot);
        const bool log_good = review_log(generation, reading, bound);
        if (!snapshot_good || !log_good) {
            set_aside(generation, log_present, snapshot_present);
        } else if (newest) {
            resume(reading);
        }
    }

    bool review_snapshot(std::uint64_t generation, const SnapshotReading& snapshot) {
        const std::string name = snapshot_file_name(generation);
        const auto unreadable = files_.unreadable_snapshots.find(generation);
        if (unreadable != files_.unreadable_snapshots.end()) {
            find(unreadable->second);
            return false;
        }
        if (!snapshot.exists) {
            find(name, "is missing");
            return false;
        }
        const auto good = good_.find(generation);
        const bool contradicts =
            good != good_.end() && !is_same_snapshot(snapshot.scanned, good->second);
        if (snapshot.is_whole && !contradicts) return true;
        find(name, snapshot.is_whole ? "is damaged: its parts do not fit"
                                     : "is damaged at byte " + number(snapshot.damage()));
        return false;
    }

    bool review_log(std::uint64_t generation, const GenerationReading& reading,
                    std::uint64_t bound) {
        const LogReading& log = reading.logs[copy_];
        const std::string name = log_file_name(generation);
        const auto unreadable = files_.unreadable_logs.find(generation);
        if (unreadable != files_.unreadable_logs.end()) {
            find(unreadable->second);
            return false;
        }
        if (!log.exists) {
            find(name, "is missing");
            return false;
        }
        if (const std::optional<std::uint64_t> at = log.damage()) {
            find(name, "is damaged at byte " + number(*at));
            return false;
        }
        if (log.is_cut()) {
            find(name, "is cut off after " + number(log.bytes) + " bytes");
            return false;
        }
        const std::uint64_t last = std::max(log.last_change(), log.stopped_after);
        if (last >= bound) return true;
        // The last change may have been under way to one copy when the machine stopped; an orderly
        // stop, or a change behind it, says that it was not.
        const bool was_under_way = bound - last == 1 && reading.stopped_after < bound &&
                                   generation == recovery_.generation;
        if (was_under_way) return true;
        find(name,
             "ends at catalog change " + number(last) + ", the other copy at " + number(bound));
        return false;
    }

    void resume(const GenerationReading& reading) {
        const LogReading& log = reading.logs[copy_];
        CopyRecovery& copy = recovery_.copies[copy_];
        // What is lost must not look as if it were still to come.
        if (!recovery_.losses.empty()) return;
        copy.log_end = log.scanned.end;
        copy.snapshot_bytes = reading.snapshots[copy_].scanned.end;
        if (log.copies < kCatalogCopies) recovery_.wants_compaction = true;
        const auto missing = reading.changes.upper_bound(log.last_change());
        if (missing == reading.changes.end()) return;
        copy.missing_change = {missing->first, {missing->second.begin(), missing->second.end()}};
    }

    const CatalogFiles& files_;
    const std::size_t copy_;
    const GenerationReadings& readings_;
    const SnapshotsByGeneration& good_;
    CatalogRecovery& recovery_;
};

}  // namespace

void review_copies(std::span<const CatalogFiles> copies, const GenerationReadings& readings,
                   const SnapshotsByGeneration& good, CatalogRecovery& recovery) {
    for (std::size_t copy = 0; copy < copies.size(); ++copy) {
        CopyReview(copies[copy], copy, readings, good, recovery).run();
    }
    for (const CatalogFiles& files : copies) {
        for (const std::string& sentence : files.remembered) {
            std::vector<std::string>& all = recovery.remembered;
            if (std::find(all.begin(), all.end(), sentence) == all.end()) all.push_back(sentence);
        }
    }
    if (!recovery.losses.empty()) recovery.wants_compaction = true;
}

}  // namespace sluice::meta
