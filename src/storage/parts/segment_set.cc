#include "storage/parts/segment_set.h"

#include <algorithm>

#include "sluice/base/log.h"
#include "sluice/io/file.h"
#include "storage/files/file_names.h"

namespace sluice::storage {

SegmentSet::SegmentSet(StoreLife& life)
    : life_(life),
      cache_(life.options.block_cache_bytes),
      reaper_(life.reactor),
      open_files_(life.reactor, life.options.segments_open_max,
                  [this](std::size_t wanted) { return close_idle(wanted); }) {}

void SegmentSet::begin() {
    reaping_ = reaper_.run();
}

// In this order: the set lets go of its segments, which the reaper then closes, and the reaper ends
// when nobody else holds one. So close() completes only after the last scan or merge.
io::Task<void> SegmentSet::close() {
    groups_.clear();
    departed_.clear();
    reaper_.stop();
    // A set whose opening failed has not begun: its segments are closed here.
    if (!reaping_) begin();
    co_await reaping_;
    SLUICE_CHECK(reaper_.idle());
}

void SegmentSet::add(const SegmentRecord& record, Epoch since) {
    SLUICE_CHECK(find(record) == nullptr);
    auto made = std::make_unique<Segment>(
        life_.reactor, segment_path(life_.options.directory, record.meta.group, record.id), record,
        cache_, open_files_, life_.metrics);
    made->set_since(since);
    groups_[record.meta.group].push_back(reaper_.adopt(std::move(made)));
    note_count(record.meta.group);
}

// Kept as a set, because merges look for work after each flush and a store of years has thousands
// of groups with one segment each.
void SegmentSet::note_count(model::ShardGroupId group) {
    const auto found = groups_.find(group);
    if (found != groups_.end() && found->second.size() >= life_.options.merge_width) {
        crowded_.insert(group);
    } else {
        crowded_.erase(group);
    }
}

// In the order of groups, so that each gets its turn: what a scan over all groups needs again comes
// around as late as possible. A copy takes the segment's place, and the reaper closes the old one.
std::size_t SegmentSet::close_idle(std::size_t wanted) {
    std::size_t closed = 0;
    auto group = groups_.upper_bound(closed_up_to_);
    for (std::size_t left = groups_.size(); left > 0 && closed < wanted; --left) {
        if (group == groups_.end()) group = groups_.begin();
        for (SegmentPtr& each : group->second) {
            if (closed == wanted) break;
            if (!each->is_open() || each->busy || each.use_count() != 1) continue;
            each = reaper_.adopt(each->closed_copy());
            ++closed;
        }
        closed_up_to_ = group->first;
        ++group;
    }
    return closed;
}

void SegmentSet::remove(const SegmentPtr& segment) {
    const auto found = groups_.find(segment->record().meta.group);
    if (found == groups_.end()) return;
    std::erase(found->second, segment);
    if (found->second.empty()) groups_.erase(found);
    note_count(segment->record().meta.group);
}

std::vector<SegmentPtr> SegmentSet::take_group(model::ShardGroupId group) {
    last_write_ns_.erase(group);
    auto extracted = groups_.extract(group);
    crowded_.erase(group);
    std::vector<SegmentPtr> taken;
    if (!extracted.empty()) taken = std::move(extracted.mapped());
    std::erase_if(departed_, [group](const SegmentPtr& each) {
        return each->record().meta.group == group;  // its file goes already
    });
    return taken;
}

// What is made has all rows of what is replaced that stay here, so it stands for them only where a
// reader sees all of them: from the latest of their epochs on. A reader from before that goes on
// with those of the old ones that it saw. For example, of segments seen since 0 and since 5, a
// merge is seen since 5, and a reader of epoch 3 still sees the first one alone. The second one is
// not kept: it had no reader from before 5.
void SegmentSet::replace(const std::vector<SegmentPtr>& old, const std::vector<SegmentRecord>& made,
                         Epoch epoch) {
    Epoch since = epoch;
    for (const SegmentPtr& each : old) since = std::max(since, each->since());
    for (const SegmentPtr& each : old) {
        SLUICE_CHECK(each->until() == kForEver);  // a segment leaves once
        remove(each);
        each->set_obsolete();
        if (since <= oldest_reader_ || each->since() == since) continue;
        each->set_until(since);
        departed_.push_back(each);
    }
    for (const SegmentRecord& each : made) add(each, since);
}

bool SegmentSet::has_arriving(model::ShardGroupId group) const {
    return std::any_of(arriving_.begin(), arriving_.end(),
                       [group](const SegmentRecord& each) { return each.meta.group == group; });
}

// Behind every reader there is: those that began see the rows where they came from.
void SegmentSet::reveal(Epoch epoch) {
    SLUICE_CHECK(epoch >= oldest_reader_ && epoch < kNow);
    for (const SegmentRecord& each : arriving_) add(each, epoch);
    arriving_.clear();
    merge_wanted.notify_all();
}

void SegmentSet::end_readers_before(Epoch oldest) {
    oldest_reader_ = std::max(oldest_reader_, oldest);
    std::erase_if(departed_,
                  [this](const SegmentPtr& each) { return each->until() <= oldest_reader_; });
}

SegmentPtr SegmentSet::find(const SegmentRecord& record) const {
    const auto found = groups_.find(record.meta.group);
    if (found == groups_.end()) return nullptr;
    for (const SegmentPtr& each : found->second) {
        if (each->record().id == record.id) return each;
    }
    return nullptr;
}

// A reader of kNow sees exactly the live ones: kNow is behind every epoch that was given out, and
// before kForEver, at which those that are not taken out leave.
std::vector<SegmentPtr> SegmentSet::of_group(model::ShardGroupId group, Epoch view) const {
    std::vector<SegmentPtr> seen;
    const auto found = groups_.find(group);
    if (found != groups_.end()) seen = found->second;
    std::erase_if(seen, [view](const SegmentPtr& each) { return !each->is_seen_at(view); });
    for (const SegmentPtr& each : departed_) {
        if (each->record().meta.group == group && each->is_seen_at(view)) seen.push_back(each);
    }
    return seen;
}

bool SegmentSet::merges_are_behind() const {
    return std::any_of(groups_.begin(), groups_.end(), [this](const auto& group) {
        const auto flushed = std::count_if(
            group.second.begin(), group.second.end(),
            [](const SegmentPtr& each) { return each->record().level == 0 && !each->damaged(); });
        return static_cast<std::uint32_t>(flushed) >= life_.options.segments_slowdown;
    });
}

void SegmentSet::note_written(model::ShardGroupId group) {
    last_write_ns_[group] = life_.reactor.monotonic_ns();
}

void SegmentSet::begin_ages() {
    for (const auto& [group, segments] : groups_) {
        last_write_ns_.try_emplace(group, life_.reactor.monotonic_ns());
    }
}

bool SegmentSet::is_cold(model::ShardGroupId group) const {
    const auto written = last_write_ns_.find(group);
    return written != last_write_ns_.end() &&
           life_.reactor.monotonic_ns() - written->second >= life_.options.cold_after_ns;
}

std::int64_t SegmentSet::next_cold_ns(std::int64_t latest) const {
    std::int64_t next = latest;
    for (const auto& [group, written_ns] : last_write_ns_) {
        const std::int64_t cold_ns = written_ns + life_.options.cold_after_ns;
        if (cold_ns > life_.reactor.monotonic_ns()) next = std::min(next, cold_ns);
    }
    return next;
}

std::uint64_t SegmentSet::count_lost(model::ShardGroupId group,
                                     const model::TimeRange& range) const {
    return static_cast<std::uint64_t>(
        std::count_if(lost_.begin(), lost_.end(), [&](const auto& each) {
            return each.meta.group == group &&
                   range.overlaps({each.meta.time_min, each.meta.time_max + 1});
        }));
}

void SegmentSet::take_abandoned(std::vector<ManifestEdit>& edits) {
    for (const std::uint64_t each : abandoned_) edits.push_back(edit::RemoveSegment{each});
    abandoned_.clear();
}

// The number is noted before the file goes: between the two a power cut may leave the file, and a
// start would take it for one that a lost manifest had named.
io::Task<void> SegmentSet::discard(std::vector<SegmentRecord> segments) {
    for (const SegmentRecord& each : segments) {
        SLUICE_CHECK(find(each) == nullptr);
        abandon(each.id);
        auto removed = co_await io::remove_file(
            life_.reactor, segment_path(life_.options.directory, each.meta.group, each.id));
        if (!removed.ok()) {
            log_warn("an unused segment stays until the next start",
                     {{"error", removed.error().message}});
        }
    }
}

}  // namespace sluice::storage
