// This part of the store says how the store is, and sets files aside that turn out to be damaged.
#include <algorithm>
#include <map>

#include "sluice/base/hash.h"
#include "sluice/base/log.h"
#include "storage/files/file_names.h"
#include "storage/memtable/memtable.h"
#include "storage/store/store_parts.h"

namespace sluice::storage {
namespace {

// Beyond these, places of damage in segments are in the log only; beyond those, in neither.
constexpr std::size_t kDamagedPlacesNamed = 32;
constexpr std::size_t kDamagedPlacesMax = 10'000;

}  // namespace

void StoreParts::report_damage(const SegmentPtr& segment, const Error& error, bool unreadable) {
    if (io::abandoning()) return;
    const bool is_corrupt = error.kind == ErrorKind::kCorrupt;
    // What a device does not give back now, it may give back later.
    const bool leaves = is_corrupt && unreadable && !segment->damaged();
    if (is_corrupt) segment->set_damaged();
    // Each place is said once, however many queries meet it.
    const std::uint64_t place = hash_bytes(error.message);
    if (damaged_places_.size() < kDamagedPlacesMax && damaged_places_.insert(place).second) {
        log_error("segment damaged", {{"file", segment->path()}, {"error", error.message}});
        if (damaged_places_.size() <= kDamagedPlacesNamed) {
            damage_.push_back((is_corrupt ? "damaged segment: " : "unreadable segment: ") +
                              error.message);
        }
    }
    if (leaves && !stopping_) gate_.spawn(set_aside(segment));
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
        co_await io::rename_file(reactor_, segment->path(), quarantine_path(segment->path()));
    if (!renamed.ok()) {
        log_warn("a damaged segment keeps its name", {{"error", renamed.error().message}});
    }
}

// Collects one sentence per trouble; the worst of them decides the state.
StoreHealth StoreParts::health() const {
    StoreHealth health;
    const auto add = [&](StoreState state, const std::string& text) {
        health.state = std::max(health.state, state);
        if (!health.text.empty()) health.text += "; ";
        health.text += text;
    };
    if (no_space_) add(StoreState::kReadOnly, "too little free space on the device");
    if (read_only_) {
        add(StoreState::kReadOnly, "the log cannot be written: " +
                                       (wal_->last_failure ? wal_->last_failure->message : ""));
    }
    if (files_.trouble() && files_.spare_count() == 0) {
        add(StoreState::kReadOnly, "no room for the log: " + files_.trouble()->message);
    }
    if (manifest_.trouble()) {
        add(manifest_.is_durable() ? StoreState::kDegraded : StoreState::kReadOnly,
            "the manifest waits: " + manifest_.trouble()->message);
    }
    if (flush_trouble_) add(StoreState::kDegraded, "flush waits: " + flush_trouble_->message);
    if (compaction_trouble_) {
        add(StoreState::kDegraded, "compaction waits: " + compaction_trouble_->message);
    }
    for (const std::string& each : damage_) add(StoreState::kDegraded, each);
    if (damaged_places_.size() > kDamagedPlacesNamed) {
        add(StoreState::kDegraded, std::to_string(damaged_places_.size() - kDamagedPlacesNamed) +
                                       " more damaged places in segments, which the log names");
    }
    return health;
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
