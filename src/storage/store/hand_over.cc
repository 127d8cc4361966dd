// This part of the store takes in what other stores hand over, and says what it has of a shard
// group to those who choose its home.
#include <algorithm>

#include "sluice/base/check.h"
#include "sluice/base/hash.h"
#include "storage/memtable/memtable.h"
#include "storage/store/store_parts.h"

namespace sluice::storage {

// The upper half of the hash, scaled to the number of parts (Lemire, "Fast random integer
// generation in an interval", 2019): no division, and as even as the hash. What lies in segments
// was dealt by this, so neither the hash nor the arithmetic may ever change; a test holds them to
// known values.
std::uint16_t home_part(std::string_view series_key, std::uint16_t count) {
    SLUICE_CHECK(count != 0);
    return static_cast<std::uint16_t>(((hash_bytes(series_key) >> 32) * count) >> 32);
}

// With a view, what a query sees that began then; with kNow, what there is for whoever chooses a
// home. Both ask whether anything may lie elsewhere than at home: rows in heads do, and so do those
// of an append that runs, as they may be durable before the answer is used.
GroupHolding StoreParts::holding(model::ShardGroupId group, Epoch view) const {
    GroupHolding holding;
    holding.range = {model::kTimestampMax, model::kTimestampMin};
    if (groups_.is_dropped(group)) return holding;
    holding.has_unsorted = heads_.may_have_rows(group);
    const auto add = [&holding](const model::TimeRange& range) {
        holding.range.begin = std::min(holding.range.begin, range.begin);
        holding.range.end = std::max(holding.range.end, range.end);
    };
    heads_.for_each([&add, group](const Generation& each) {
        const auto& tables = each.head->memtables();
        for (auto at = tables.lower_bound({group, 0});
             at != tables.end() && at->first.group == group; ++at) {
            if (at->second->rows() != 0) add(at->second->time_range());
        }
    });
    for (const SegmentPtr& each : segments_.of_group(group, view)) {
        const SegmentRecord& record = each->record();
        holding.values += record.meta.values;
        add(each->time_range());
        // What is damaged is never merged: nobody waits for it. What has left is at home elsewhere.
        const bool is_sorted = homes_.is_at_home(record) && each->until() == kForEver;
        if (!is_sorted && (view != kNow || !each->damaged())) holding.has_unsorted = true;
        if (!record.part.is_any()) holding.parts.push_back({record.part, record.meta.values});
    }
    return holding;
}

// Durable before it returns, and not visible before reveal(). If the store that gives dies now, the
// rows are here and there, with the same sequences, and a reader makes them one. The record is
// copied before the first wait, because the caller is on another core and its reference holds no
// longer than the message.
io::Task<Result<void>> StoreParts::accept(const SegmentRecord& segment) {
    if (life_.stopping) co_return Error{ErrorKind::kCancelled, "the store is stopping"};
    if (groups_.is_dropped(segment.meta.group)) {
        co_return Error{ErrorKind::kCancelled, "the shard group was dropped"};
    }
    const SegmentRecord record = segment;
    std::vector<SegmentRecord> made;
    made.push_back(record);
    std::vector<ManifestEdit> edits;
    append_segment_edits(record, edits);
    groups_.describe(made, edits);
    segments_.take_abandoned(edits);
    SLUICE_CO_TRY_VOID(co_await manifest_.append(std::move(edits)));
    segments_.add_arriving(record);
    co_return Result<void>();
}

void StoreParts::reveal(Epoch epoch) {
    // What a last merge has waited for may have come.
    for (const SegmentRecord& each : segments_.arriving()) homes_.end_waiting(each.meta.group);
    segments_.reveal(epoch);
}

void StoreParts::set_home(model::ShardGroupId group, GroupHome home) {
    homes_.set(group, std::move(home));
    segments_.merge_wanted.notify_all();
}

GroupHolding Store::holding(model::ShardGroupId group, Epoch view) const {
    return parts_->holding(group, view);
}
SegmentPlace Store::take_place() {
    return {parts_->options().directory, parts_->manifest().take_segment_id()};
}
void Store::give_up_place(std::uint64_t id) {
    parts_->segments().abandon(id);
}
io::Task<Result<void>> Store::accept(const SegmentRecord& segment) {
    return parts_->accept(segment);
}
void Store::reveal(Epoch epoch) {
    parts_->reveal(epoch);
}
void Store::set_home(model::ShardGroupId group, GroupHome home) {
    parts_->set_home(group, std::move(home));
}
void Store::end_readers_before(Epoch oldest) {
    parts_->segments().end_readers_before(oldest);
}

}  // namespace sluice::storage
