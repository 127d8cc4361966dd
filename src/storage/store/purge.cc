// This part of the store applies deletes to bytes: it rewrites segments without the rows that
// tombstones cover, and finds out which tombstones have nothing left to cover.
//
// Flushes and merges leave deleted rows out anyway. What is left to do here are segments that
// nothing else would touch: one at a time, some while after the delete, so that deletes that follow
// each other share the work.
#include <algorithm>

#include "storage/memtable/memtable.h"
#include "storage/memtable/memtable_order.h"
#include "storage/segment/segment_reader.h"
#include "storage/store/store_parts.h"

namespace sluice::storage {
namespace {

// How often cold groups are looked for, when nothing else happens.
constexpr std::int64_t kColdCheckNs = kMinuteNs;

}  // namespace

void StoreParts::set_tombstones(Tombstones tombstones) {
    deletes_.set(std::move(tombstones), life_.reactor.monotonic_ns(), heads_.active()->head->id());
    heads_.drop_deleted_tables();
    segments_.merge_wanted.notify_all();
}

void StoreParts::release_merges() {
    if (!deletes_.release_merges()) return;
    life_.changed.notify_all();
    segments_.merge_wanted.notify_all();
}

// Returns when to look again: when the oldest delete that waits is due, or when a shard group gets
// cold.
std::int64_t StoreParts::next_compaction_check() const {
    const std::int64_t now_ns = life_.reactor.monotonic_ns();
    const std::int64_t next =
        deletes_.next_due_ns(now_ns, life_.options.purge_after_ns, now_ns + kColdCheckNs);
    return segments_.next_cold_ns(next);
}

SegmentPtr StoreParts::choose_purge(bool at_once) const {
    const std::int64_t seen_before =
        life_.reactor.monotonic_ns() - (at_once ? 0 : life_.options.purge_after_ns);
    for (const auto& [group, segments] : segments_.groups()) {
        for (const SegmentPtr& each : segments) {
            if (!each->damaged() && deletes_.has_stale_rows(each->delete_scope({}), seen_before))
                return each;
        }
    }
    return nullptr;
}

// Finds what tombstones cover of the segment, as far as footer and series keys show. kSomething may
// turn out to be nothing: whether a series has rows in the time of a delete is not looked at.
io::Task<Result<StoreParts::Stale>> StoreParts::find_stale(SegmentPtr segment, Tombstones deletes) {
    SLUICE_CO_TRY(const SegmentReader* reader, co_await segment->reader());
    std::size_t covered = 0;
    bool touched = false;
    for (const SegmentMeasurement& each : reader->measurements()) {
        DeleteScope scope = segment->delete_scope(each.name);
        scope.range = {each.time_min, each.time_max + 1};
        DeleteFilter filter(deletes, scope);
        if (filter.covers_everything()) ++covered;
        if (filter.empty() || filter.covers_everything() || touched) continue;
        SLUICE_CO_TRY(const auto index, co_await reader->load_index(each));
        SLUICE_CO_TRY(const SeriesList series,
                      co_await reader->read_series(life_.reactor, each, *index));
        for (const std::string_view key : series.keys()) {
            filter.choose(key);
            touched = filter.touches_series();
            if (touched) break;
            if (life_.reactor.needs_yield()) co_await life_.reactor.yield();
        }
    }
    if (covered == reader->measurements().size()) co_return Stale::kEverything;
    co_return covered != 0 || touched ? Stale::kSomething : Stale::kNothing;
}

io::Task<Result<void>> StoreParts::purge(SegmentPtr segment) {
    SLUICE_CHECK(!compacting_);
    compacting_ = true;
    Result<void> purged = co_await purge_alone(std::move(segment));
    compacting_ = false;
    segments_.merge_wanted.notify_all();
    co_return purged;
}

io::Task<Result<void>> StoreParts::purge_alone(SegmentPtr segment) {
    const Tombstones deletes = deletes_.tombstones();
    auto stale = co_await find_stale(segment, deletes);
    if (!stale.ok()) {
        life_.metrics.compaction_failures.add();
        if (stale.error().kind == ErrorKind::kCorrupt) {
            quarantine_.report(segment, stale.error(), false);
        } else {
            trouble_.note_compaction_failed(stale.error());
        }
        co_return std::move(stale).error();
    }
    if (*stale == Stale::kSomething) {
        Merge merge;
        merge.group = segment->record().meta.group;
        merge.inputs.push_back(segment);
        merge.drop_sequences = !segment->record().has_sequences;
        co_return co_await merge_alone(std::move(merge));
    }
    std::vector<ManifestEdit> edits;
    if (*stale == Stale::kNothing) {
        edits.push_back(edit::DeletesApplied{segment->record().id, last_delete(deletes)});
    } else {
        // Needs no space: what a full disk is waiting for.
        edits.push_back(edit::RemoveSegment{segment->record().id});
    }
    segments_.take_abandoned(edits);
    trouble_.end_compaction_trouble();
    SLUICE_CO_TRY_VOID(co_await manifest_.append(std::move(edits)));
    if (*stale == Stale::kNothing) {
        segment->set_deletes_applied(last_delete(deletes));
    } else {
        segments_.remove(segment);
        segment->set_obsolete();
        life_.changed.notify_all();
    }
    co_return Result<void>();
}

std::vector<std::uint64_t> StoreParts::unsettled_deletes() const {
    std::set<std::uint64_t> open;
    if (deletes_.tombstones() == nullptr) return {};
    heads_.add_unsettled(open);
    for (const auto& [group, segments] : segments_.groups()) {
        if (deletes_.of_group(group) == nullptr) continue;
        for (const SegmentPtr& each : segments) {
            deletes_.add_touching(each->delete_scope({}), false, open);
        }
    }
    return {open.begin(), open.end()};
}

void Store::set_tombstones(std::shared_ptr<const model::TombstoneMap> tombstones) {
    parts_->set_tombstones(std::move(tombstones));
}
void Store::hold_merges() {
    parts_->hold_merges();
}
void Store::release_merges() {
    parts_->release_merges();
}
std::vector<std::uint64_t> Store::unsettled_deletes() const {
    return parts_->unsettled_deletes();
}

}  // namespace sluice::storage
