// A store is what one core takes in: a folder with a write-ahead log, heads in memory, segments and
// a manifest.
//
//     <directory>/MANIFEST-<n>             which segments exist: MANIFEST_FORMAT.md
//                 wal/<n>.log              points that are not yet in a segment: WAL_FORMAT.md
//                 shards/<group>/<n>.seg   immutable segments: SEGMENT_FORMAT.md
//
// The formats are described in src/storage/, and src/storage/README.md has the picture.
//
// A store belongs to one core and is called only there. All files are written with O_DIRECT.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/base/units.h"
#include "sluice/io/sequence_source.h"
#include "sluice/io/task.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/tombstone.h"
#include "sluice/storage/group_facts.h"
#include "sluice/storage/head.h"
#include "sluice/storage/scan.h"
#include "sluice/storage/series_list.h"
#include "sluice/storage/store_metrics.h"
#include "sluice/storage/string_bytes.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::storage {

struct StoreOptions {
    std::string directory;                    // made when absent; its parent exists
    io::SequenceSource* sequences = nullptr;  // outlives the store; shared by all stores

    // Memory of one head, index included. The store holds at most two heads, three while it
    // recovers.
    std::uint64_t head_bytes_max = 64 * kMiB;
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
    // A shard group without writes for this long is merged into one run.
    std::int64_t cold_after_ns = 30 * kMinuteNs;
    // Says whether no other store can hold rows of the group. Its cold segments then lose their
    // sequences, which are needed only to merge stores. An empty function means that sequences are
    // kept.
    std::function<bool(model::ShardGroupId)> group_is_ours_alone;

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

struct AppendReceipt {
    std::uint64_t sequence = 0;
    std::uint64_t log_bytes = 0;  // of the record, without what it shares with its frame
};

enum class StoreState : std::uint8_t {
    kOk,
    kDegraded,  // takes writes, but something was lost or set aside; `text` names it
    kReadOnly,  // answers queries, refuses writes; recovers by itself when the cause is gone
};

struct StoreHealth {
    StoreState state = StoreState::kOk;
    std::string text;  // one sentence per trouble; empty when kOk
};

struct StoreStats {
    std::uint64_t head_bytes = 0;          // active and frozen
    std::uint64_t head_rows = 0;           // active and frozen
    std::uint64_t head_series = 0;         // of the active head
    std::uint64_t series_index_bytes = 0;  // active and frozen
    std::uint64_t segments = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t segment_rows = 0;
    std::uint64_t segments_quarantined = 0;
    std::uint64_t log_files = 0;  // in use, spare ones not counted
    std::uint64_t block_cache_bytes = 0;
};

// The parts of one shard group that a store has.
struct GroupStats {
    model::ShardGroupId group = 0;
    std::uint64_t segments = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t segment_rows = 0;
    std::uint64_t head_rows = 0;  // active and frozen
};

// The findings of an opening.
struct RecoveryReport {
    std::uint64_t log_files = 0;
    std::uint64_t frames = 0;
    std::uint64_t rows = 0;
    std::uint64_t log_bytes = 0;
    // Places where a log ended in a frame that was cut short: normal after a crash.
    std::uint64_t torn_tails = 0;
    // Acknowledged frames that cannot be read any more, rows of other frames that cannot be
    // understood without them, and log files that must exist and do not.
    std::uint64_t frames_lost = 0;
    std::uint64_t rows_lost = 0;
    std::uint64_t logs_missing = 0;
    std::uint64_t manifest_records_cut = 0;
    // Records of the manifest that were durable: those no copy gives back, and those that only one
    // of its two copies does.
    std::uint64_t manifest_records_lost = 0;
    std::uint64_t manifest_records_mended = 0;
    std::uint64_t segments_adopted = 0;  // that the manifest does not name, and nothing replaces
    std::uint64_t files_removed = 0;     // not in the manifest: leftovers of unfinished work
    std::vector<std::string> quarantined;
    std::int64_t duration_ns = 0;
};

class StoreParts;

class Store {
public:
    // Recovers what the folder holds: reads the manifest, removes leftovers of unfinished work,
    // replays the log. kIo, kNoSpace: the device refuses. Damaged files never fail it: they are set
    // aside and named in health(). kUnsupported: a newer version wrote here; nothing was changed.
    static io::Task<Result<std::unique_ptr<Store>>> open(io::Reactor& reactor,
                                                         StoreOptions options);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // The head that batches are parsed against. Parsing against its series_index() and the call of
    // append() happen without a co_await between them, because another head may be active after any
    // wait. A caller that must wait compares the id() of the head afterwards.
    Head& active_head();
    model::SeriesIndex& series_index() { return active_head().series_index(); }

    // kTooLarge: append() would refuse the batch, because a row is larger than a log file. To be
    // asked before names are made for it.
    Result<void> check_size(const model::PointBatch& batch) const;
    // Durable and visible to scans when it completes. `batch` was parsed against active_head() in
    // this same turn, finish() has been called, its tables' shard.group are not zero and its
    // columns have passed the schema check. It stays alive and unchanged until completion.
    // kBusy: flush or compaction is behind and the wait bound has passed. kNoSpace, kIo: the log
    // cannot be written. kConflict: a column's type contradicts the shard group. In all these cases
    // nothing was acknowledged, though after a crash the points may be found.
    io::Task<Result<AppendReceipt>> append(model::PointBatch& batch);

    // Lists every series of a shard group's measurement that has a row, or those that a sieve
    // keeps. Memory is taken only for what is kept. `sieve` lives until completion.
    io::Task<Result<SeriesList>> list_series(model::ShardGroupId group, std::string measurement,
                                             SeriesSieve* sieve = nullptr);
    // Returns whether the group's measurement has a row that was not deleted.
    io::Task<Result<bool>> has_series(model::ShardGroupId group, std::string measurement);
    // Lists every measurement that has a row in the group, sorted.
    io::Task<Result<std::vector<std::string>>> list_measurements(model::ShardGroupId group);
    // Lists the groups that the store holds anything of, sorted. The engine finds leftovers of
    // dropped groups by it.
    std::vector<model::ShardGroupId> shard_groups() const;

    Scan scan(ScanSpec spec);

    // Drops the groups: their rows are gone from scans at once, and for good on completion, those
    // of appends under way included. Nothing is appended to them any more. Costs one write, and
    // none when the store never had anything of them.
    io::Task<Result<void>> drop_shard_groups(std::vector<model::ShardGroupId> groups);

    // Sets the deletes that scans, flushes and merges apply from now on when they begin. The map
    // holds the earlier deletes too, except those that have nothing left to cover. The sequence of
    // a new delete was taken while merges were held, because no flush or merge that does not know
    // the delete may make one row of rows with lower and with higher sequences.
    void set_tombstones(std::shared_ptr<const model::TombstoneMap> tombstones);
    // No flush or merge begins until release_merges() has been called as often as hold_merges().
    // Those under way go on.
    void hold_merges();
    void release_merges();
    // Returns the sequences of the tombstones that still cover something: in a segment, in memory,
    // or in a log that a crash would bring back. A tombstone that is not named may be forgotten.
    std::vector<std::uint64_t> unsettled_deletes() const;

    // Writes everything that is in memory to segments.
    io::Task<Result<void>> flush();
    // Runs due merges until none is left; `all` merges every group to one run (tests, tools).
    io::Task<Result<void>> compact(bool all = false);

    // Ends background work and running appends; rows in memory stay in the log. Only the destructor
    // may be called after it, and all scans have been destroyed before.
    io::Task<void> stop();

    StoreHealth health() const;
    StoreStats stats() const;
    // Sorted by group.
    std::vector<GroupStats> group_stats() const;
    const StoreMetrics& metrics() const;
    const RecoveryReport& recovery() const;

private:
    explicit Store(std::unique_ptr<StoreParts> parts);
    std::unique_ptr<StoreParts> parts_;
};

}  // namespace sluice::storage
