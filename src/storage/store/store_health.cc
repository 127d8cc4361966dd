// This part of the store says how the store is, and sets files aside that turn out to be damaged.
#include <algorithm>
#include <map>

#include "sluice/base/log.h"
#include "storage/files/file_names.h"
#include "storage/memtable/memtable.h"
#include "storage/store/store_parts.h"

namespace sluice::storage {
void StoreParts::report_damage(const SegmentPtr& segment, const Error& error, bool unreadable) {
    if (io::abandoning()) return;
    const bool is_corrupt = error.kind == ErrorKind::kCorrupt;
    // What a device does not give back now, it may give back later.
    const bool leaves = is_corrupt && unreadable && !segment->damaged();
    if (is_corrupt) segment->set_damaged();
    trouble_.note_damaged_place(segment->path(), error);
    if (leaves && !life_.stopping) life_.gate.spawn(set_aside(segment));
}

std::uint64_t StoreParts::count_lost_segments(model::ShardGroupId group,
                                              const model::TimeRange& range) const {
    return static_cast<std::uint64_t>(
        std::count_if(lost_segments_.begin(), lost_segments_.end(), [&](const auto& each) {
            return each.meta.group == group &&
                   range.overlaps({each.meta.time_min, each.meta.time_max + 1});
        }));
}

// The segment leaves the manifest and its file gets a name that nothing reads or removes.
io::Task<void> StoreParts::set_aside(SegmentPtr segment) {
    std::vector<ManifestEdit> edits;
    edits.push_back(edit::RemoveSegment{segment->record().id});
    remove_segment(segment);
    ++quarantined_;
    lost_segments_.push_back(segment->record());
    recovery_.quarantined.push_back(segment->path());
    auto recorded = co_await manifest_.append(std::move(edits));
    if (!recorded.ok()) co_return;
    auto renamed =
        co_await io::rename_file(life_.reactor, segment->path(), quarantine_path(segment->path()));
    if (!renamed.ok()) {
        log_warn("a damaged segment keeps its name", {{"error", renamed.error().message}});
    }
}

StoreStats StoreParts::stats() const {
    StoreStats stats;
    const auto add_head = [&](const Generation& generation) {
        stats.head_bytes += generation.head->memory_bytes();
        stats.head_rows += generation.head->rows();
        stats.series_index_bytes += generation.head->series_index().memory_bytes();
        stats.log_files += generation.replayed_files.size();
        if (generation.log) stats.log_files += generation.log->file_count();
    };
    add_head(*active_);
    for (const auto& each : frozen_) add_head(*each);
    stats.head_series = active_->head->series_index().series_count();
    for (const auto& [group, segments] : segments_) {
        for (const SegmentPtr& each : segments) {
            ++stats.segments;
            stats.segment_bytes += each->record().meta.size_bytes;
            stats.segment_rows += each->record().meta.rows;
        }
    }
    stats.segments_quarantined = quarantined_;
    stats.block_cache_bytes = cache_.bytes();
    return stats;
}

std::vector<GroupStats> StoreParts::group_stats() const {
    std::map<model::ShardGroupId, GroupStats> groups;
    const auto add_head = [&groups](const Generation& generation) {
        for (const auto& [key, table] : generation.head->memtables()) {
            groups[key.group].head_rows += table->rows();
        }
    };
    add_head(*active_);
    for (const auto& each : frozen_) add_head(*each);
    for (const auto& [group, segments] : segments_) {
        GroupStats& stats = groups[group];
        stats.segments += segments.size();
        for (const SegmentPtr& each : segments) {
            stats.segment_bytes += each->record().meta.size_bytes;
            stats.segment_rows += each->record().meta.rows;
        }
    }
    std::vector<GroupStats> list;
    for (auto& [group, stats] : groups) {
        stats.group = group;
        list.push_back(stats);
    }
    return list;
}

std::vector<model::ShardGroupId> StoreParts::shard_groups() const {
    std::set<model::ShardGroupId> groups;
    for (const auto& [group, segments] : segments_) groups.insert(group);
    const auto add_head = [&](const Generation& generation) {
        for (const auto& [key, table] : generation.head->memtables()) {
            if (table->rows() != 0) groups.insert(key.group);
        }
    };
    add_head(*active_);
    for (const auto& each : frozen_) add_head(*each);
    return {groups.begin(), groups.end()};
}

}  // namespace sluice::storage
