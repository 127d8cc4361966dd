// What a store is opened with: where it lies, and how much memory and space it may use.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sluice/base/units.h"
#include "sluice/io/sequence_source.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/tombstone.h"
#include "sluice/storage/group_facts.h"
#include "sluice/storage/neighbours.h"

namespace sluice::storage {

struct StoreOptions {
    std::string directory;                    // made when absent; its parent exists
    io::SequenceSource* sequences = nullptr;  // outlives the store; shared by all stores

    // Memory of one head, index included. The store holds at most two heads, three while it
    // recovers.
    std::uint64_t head_bytes_max = 64 * kMiB;
    // What a head may take beyond that while it has fewer than head_rows_per_series rows for each
    // of its series.
    std::uint64_t head_growth_bytes = 0;
    std::uint64_t head_rows_per_series = 16;
    // A head with data is flushed at this age, so that restarts stay short and the log is recycled.
    std::int64_t head_age_max_ns = 10 * kMinuteNs;
    // How long append() may wait for a flush or compaction before it answers kBusy.
    std::int64_t append_wait_max_ns = 5 * kSecondNs;

    std::uint64_t wal_file_bytes = 16 * kMiB;  // a multiple of 4 KiB, at least 64 KiB
    // Largest group commit; larger batches are cut, but for a single row that is larger. No row is
    // larger than a file.
    std::uint64_t wal_frame_bytes = 1 * kMiB;
    std::uint32_t wal_writes_in_flight = 1;     // 1 or 2
    std::uint32_t wal_spare_files = 2;          // pre-written and waiting
    std::uint32_t wal_recycled_files_max = 12;  // beyond these, spare files are removed

    std::uint64_t block_cache_bytes = 32 * kMiB;
    // Free space below which the store takes no writes (deletes and reads go on).
    std::uint64_t free_space_min = 64 * kMiB;

    // Compaction: this many segments of one size class of a shard group are merged into one; when a
    // group has `segments_slowdown` of them, appends wait for compaction.
    std::uint32_t merge_width = 8;
    std::uint32_t segments_slowdown = 32;
    // Segments that have a file open at the same time. Beyond it, those that nobody reads are
    // closed.
    std::size_t segments_open_max = 2048;
    // A shard group without writes for this long is merged into one run.
    std::int64_t cold_after_ns = 30 * kMinuteNs;
    // Says whether no other store can hold rows of the group. Its cold segments then lose their
    // sequences, which are needed only to merge stores. An empty function means that sequences are
    // kept. Where there are neighbours, they say it.
    std::function<bool(model::ShardGroupId)> group_is_ours_alone;
    // The other stores, and what this one is called among them. Null: there are none.
    std::shared_ptr<Neighbours> neighbours;
    std::uint32_t number = 0;

    // Asked for groups that get their first rows; what it says is kept beside them.
    // Empty: nothing is kept.
    DescribeGroups describe_groups;

    // Deletes that were acknowledged before. They are kept by whoever opens the store.
    std::shared_ptr<const model::TombstoneMap> tombstones;
    // How long segments wait to be rewritten without deleted rows, so that deletes that follow each
    // other share the work.
    std::int64_t purge_after_ns = 30 * kSecondNs;

    // Flush and compaction run by themselves. Off in tests that drive them by hand.
    bool background = true;
};

}  // namespace sluice::storage
