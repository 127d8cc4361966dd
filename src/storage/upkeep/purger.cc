#include "storage/upkeep/purger.h"

#include "storage/segment/segment_reader.h"

namespace sluice::storage {

// In the order of groups, so the oldest rows first. What has_stale_rows() says is cheap and may be
// wrong in one way only: find_stale() then finds that nothing is covered, and that is noted, so
// that the segment is not chosen again.
SegmentPtr Purger::choose(bool at_once) const {
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
io::Task<Result<Purger::Stale>> Purger::find_stale(SegmentPtr segment, Tombstones deletes) {
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

io::Task<Result<void>> Purger::run(SegmentPtr segment) {
    SLUICE_CHECK(deletes_.tombstones() != nullptr);
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
        SegmentMerge merge;
        merge.group = segment->record().meta.group;
        merge.inputs.push_back(segment);
        merge.drop_sequences = !segment->record().has_sequences;
        co_return co_await merger_.run(std::move(merge));
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

}  // namespace sluice::storage
