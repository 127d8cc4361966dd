#include "meta/log/catalog_recovery.h"

#include <algorithm>

#include "meta/draft/catalog_draft.h"
#include "meta/log/catalog_reading.h"
#include "meta/log/catalog_snapshot.h"
#include "meta/log/copy_review.h"

namespace sluice::meta {
namespace {

constexpr std::uint64_t kEndless = ~std::uint64_t{0};

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

// One way of making the catalog from what was read.
struct Attempt {
    CatalogDraft draft{Catalog{}};
    CatalogRecovery recovery;
    std::uint64_t base = 0;  // the generation whose snapshot it begins with; 0: with nothing

    void lose(std::uint64_t first, std::uint64_t last) {
        if (first > last) return;
        recovery.changes_lost += last - first + 1;
        recovery.losses.push_back(first == last ? "catalog change " + number(first) + " is lost"
                                                : "catalog changes " + number(first) + " to " +
                                                      number(last) + " are lost");
    }
};

// Two copies of each generation have been read, with holes in any of them. A history is put
// together from all of it: generations follow each other, each begins with a snapshot of everything
// before it and has the changes since, and of each change any copy will do. What is missing is told
// in losses, never guessed; what is there is used, also behind a hole, because most changes do not
// depend on those before them.
class Recovering {
public:
    explicit Recovering(std::span<const CatalogFiles> copies)
        : copies_(copies), readings_(read_generations(copies)) {
        for (auto& [number, generation] : readings_) {
            if (generation.is_used()) used_.push_back(number);
        }
    }

    Result<CatalogRecovery> run() {
        for (const auto& [number, generation] : readings_) {
            if (!generation.from_later_version) continue;
            return Error{ErrorKind::kUnsupported, "the catalog was written by a later version"};
        }
        SLUICE_TRY_VOID(choose());
        CatalogRecovery& recovery = attempt_.recovery;
        if (!used_.empty()) {
            recovery.generation = used_.back();
            look_at_the_end();
        } else if (is_unreadable()) {
            lose_everything();
        }
        review_copies(copies_, readings_, good_snapshots_, recovery);
        recovery.operations_skipped = attempt_.draft.skipped();
        if (recovery.operations_skipped != 0) {
            recovery.findings.push_back(number(recovery.operations_skipped) +
                                        " operations of the catalog do not fit what is left");
            recovery.wants_compaction = true;
        }
        // What may only not be read now must not be given up.
        const bool incomplete = !recovery.losses.empty() || used_.empty();
        for (const CatalogFiles& files : copies_) {
            if (incomplete && files.refused.has_value()) return *files.refused;
        }
        recovery.catalog = attempt_.draft.finish();
        return std::move(recovery);
    }

private:
    // The newest snapshot that is whole; else all changes from the first on; else what can be read
    // of a snapshot.
    Result<void> choose() {
        for (auto number = used_.rbegin(); number != used_.rend(); ++number) {
            SLUICE_TRY(const bool loaded, load(*number));
            if (loaded) return replay_all(attempt_);
        }
        attempt_ = Attempt();
        SLUICE_TRY_VOID(replay_all(attempt_));
        if (attempt_.recovery.losses.empty() && (used_.empty() || begins_at_once())) return {};
        for (auto number = used_.rbegin(); number != used_.rend(); ++number) {
            SLUICE_TRY(const bool salvaged, salvage(*number));
            if (salvaged) return {};
        }
        if (!any_change()) {
            lose_everything();
        }
        return {};
    }

    void lose_everything() {
        attempt_.recovery.lost_everything = true;
        attempt_.recovery.losses.assign(1, "nothing is left of the catalog");
    }
    bool is_unreadable() const {
        return std::any_of(copies_.begin(), copies_.end(),
                           [](const CatalogFiles& files) { return !files.unreadable.empty(); });
    }

    bool begins_at_once() const {
        const GenerationReading& first = readings_.at(used_.front());
        return first.starts_after == 0 || first.changes.contains(1);
    }
    bool any_change() const {
        return std::any_of(readings_.begin(), readings_.end(),
                           [](const auto& each) { return !each.second.changes.empty(); });
    }

    // A copy that is whole by itself is tried first. Where both have holes, one is made of the
    // frames of both: they hold the same bytes, so a frame of either fits.
    //
    // False: no snapshot of this generation can be loaded.
    Result<bool> load(std::uint64_t number) {
        const GenerationReading& generation = readings_.at(number);
        std::vector<CatalogFrames> candidates;
        for (const SnapshotReading& snapshot : generation.snapshots) {
            if (snapshot.is_whole) candidates.push_back(snapshot.scanned);
        }
        if (candidates.empty()) candidates.push_back(merged_snapshot(generation));
        for (CatalogFrames& frames : candidates) {
            attempt_ = Attempt();
            const Result<LoadedSnapshot> loaded = load_snapshot(frames, attempt_.draft);
            if (!loaded.ok() && loaded.error().kind == ErrorKind::kUnsupported) {
                return loaded.error();
            }
            if (!loaded.ok()) continue;
            attempt_.base = number;
            attempt_.recovery.sequence = loaded->sequence;
            good_snapshots_[number] = std::move(frames);
            return true;
        }
        return false;
    }

    Result<bool> salvage(std::uint64_t number_of_generation) {
        Attempt attempt;
        const Result<LoadedSnapshot> salvaged =
            salvage_snapshot(merged_snapshot(readings_.at(number_of_generation)), attempt.draft);
        if (!salvaged.ok() && salvaged.error().kind == ErrorKind::kUnsupported) {
            return salvaged.error();
        }
        if (!salvaged.ok()) return false;
        attempt.base = number_of_generation;
        attempt.recovery.sequence = salvaged->sequence;
        attempt.recovery.losses.push_back(
            "of what catalog changes 1 to " + number(salvaged->sequence) +
            " made, databases, policies, schemas, users and deletes may be lost");
        SLUICE_TRY_VOID(replay_all(attempt));
        attempt_ = std::move(attempt);
        return true;
    }

    Result<void> replay_all(Attempt& attempt) {
        for (std::size_t i = 0; i < used_.size(); ++i) {
            if (used_[i] < attempt.base) continue;
            // A change that failed may still lie at the end of the log it failed in; the next log
            // says where history went on.
            const std::optional<std::uint64_t> next =
                i + 1 == used_.size() ? std::nullopt : readings_.at(used_[i + 1]).starts_after;
            SLUICE_TRY_VOID(replay(readings_.at(used_[i]), next.value_or(kEndless), attempt));
            if (!next.has_value()) continue;
            attempt.lose(attempt.recovery.sequence + 1, *next);
            attempt.recovery.sequence = std::max(attempt.recovery.sequence, *next);
        }
        return {};
    }

    static Result<void> replay(const GenerationReading& generation, std::uint64_t last,
                               Attempt& attempt) {
        for (const auto& [sequence, changes] : generation.changes) {
            if (sequence <= attempt.recovery.sequence) continue;
            if (sequence > last) break;
            attempt.lose(attempt.recovery.sequence + 1, sequence - 1);
            const Result<void> applied = attempt.draft.apply(changes, Misfit::kSkip);
            if (!applied.ok() && applied.error().kind != ErrorKind::kCorrupt) return applied;
            if (!applied.ok()) attempt.lose(sequence, sequence);
            attempt.recovery.sequence = sequence;
        }
        return {};
    }

    // What came after the last change that can be read?
    void look_at_the_end() {
        CatalogRecovery& recovery = attempt_.recovery;
        const GenerationReading& newest = readings_.at(used_.back());
        if (recovery.lost_everything) return;
        if (newest.stopped_after > recovery.sequence) {
            attempt_.lose(recovery.sequence + 1, newest.stopped_after);
            recovery.sequence = newest.stopped_after;
        }
        if (!is_end_certain(newest)) {
            recovery.losses.push_back("catalog changes after " + number(recovery.sequence) +
                                      " may be lost");
        }
        for (const std::uint64_t each : used_) {
            const std::uint64_t contradiction = readings_.at(each).contradiction;
            if (contradiction != 0) {
                recovery.losses.push_back(
                    "the copies of the catalog contradict each other from change " +
                    number(contradiction) + " of generation " + number(each) +
                    " on: " + copies_[0].directory + " is followed");
            }
            for (const LogReading& log : readings_.at(each).logs) {
                recovery.torn_tail |= log.scanned.torn_tail;
            }
        }
    }

    bool is_end_certain(const GenerationReading& newest) const {
        bool has_end = false;
        bool is_torn = false;
        bool is_damaged = false;
        for (std::size_t i = 0; i < copies_.size(); ++i) {
            const LogReading& log = newest.logs[i];
            const bool existed = log.exists || newest.snapshots[i].exists ||
                                 copies_[i].unreadable_logs.contains(used_.back());
            has_end = has_end || log.has_end();
            is_torn = is_torn || (log.has_end() && log.scanned.torn_tail);
            is_damaged = is_damaged || (existed && !log.has_end());
        }
        // A torn frame was not acknowledged, unless the log that could tell is damaged.
        return has_end && !(is_torn && is_damaged);
    }

    std::span<const CatalogFiles> copies_;
    GenerationReadings readings_;
    std::vector<std::uint64_t> used_;  // generations that are part of the history
    SnapshotsByGeneration good_snapshots_;
    Attempt attempt_;
};

}  // namespace

Result<CatalogRecovery> recover_catalog(std::span<const CatalogFiles> copies) {
    return Recovering(copies).run();
}

}  // namespace sluice::meta
