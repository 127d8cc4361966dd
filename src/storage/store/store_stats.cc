// This part of the store adds up what its heads and segments hold.
#include <map>
#include <set>
#include <string>

#include "sluice/base/hash.h"
#include "storage/memtable/memtable.h"
#include "storage/store/store_parts.h"

// Counted when somebody asks, by looking at everything: seldom, and the numbers need no upkeep that
// could be forgotten where heads and segments change.
namespace sluice::storage {

StoreStats StoreParts::stats() const {
    StoreStats stats;
    const auto add_head = [&](const Generation& generation) {
        stats.head_bytes += generation.head->memory_bytes();
        stats.head_rows += generation.head->rows();
        stats.series_index_bytes += generation.head->series_index().memory_bytes();
        stats.log_files += generation.replayed_files.size();
        if (generation.log) stats.log_files += generation.log->file_count();
    };
    heads_.for_each(add_head);
    stats.head_series = heads_.active()->head->series_index().series_count();
    for (const auto& [group, segments] : segments_.groups()) {
        for (const SegmentPtr& each : segments) {
            ++stats.segments;
            stats.segment_bytes += each->record().meta.size_bytes;
            stats.segment_rows += each->record().meta.rows;
        }
    }
    stats.segments_quarantined = quarantine_.count();
    stats.block_cache_bytes = segments_.cache().bytes();
    return stats;
}

std::vector<GroupStats> StoreParts::group_stats() const {
    std::map<model::ShardGroupId, GroupStats> groups;
    const auto add_head = [&groups](const Generation& generation) {
        for (const auto& [key, table] : generation.head->memtables()) {
            groups[key.group].head_rows += table->rows();
        }
    };
    heads_.for_each(add_head);
    for (const auto& [group, segments] : segments_.groups()) {
        GroupStats& stats = groups[group];
        stats.segments += segments.size();
        for (const SegmentPtr& each : segments) {
            stats.segment_bytes += each->record().meta.size_bytes;
            stats.segment_rows += each->record().meta.rows;
            stats.segments_mark += hash_bytes(std::to_string(each->record().id));
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
    for (const auto& [group, segments] : segments_.groups()) groups.insert(group);
    const auto add_head = [&](const Generation& generation) {
        for (const auto& [key, table] : generation.head->memtables()) {
            if (table->rows() != 0) groups.insert(key.group);
        }
    };
    heads_.for_each(add_head);
    return {groups.begin(), groups.end()};
}

}  // namespace sluice::storage
