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
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/tombstone.h"
#include "sluice/storage/head.h"
#include "sluice/storage/neighbours.h"
#include "sluice/storage/scan.h"
#include "sluice/storage/series_list.h"
#include "sluice/storage/store_metrics.h"
#include "sluice/storage/store_options.h"
#include "sluice/storage/store_report.h"
#include "sluice/storage/string_bytes.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::storage {

struct AppendReceipt {
    std::uint64_t sequence = 0;
    std::uint64_t log_bytes = 0;  // of the record, without what it shares with its frame
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
                                             SeriesSieve* sieve = nullptr, Epoch view = kNow);
    // Returns whether the group's measurement has a row that was not deleted.
    io::Task<Result<bool>> has_series(model::ShardGroupId group, std::string measurement,
                                      Epoch view = kNow);
    // Lists every measurement that has a row in the group, sorted.
    io::Task<Result<std::vector<std::string>>> list_measurements(model::ShardGroupId group,
                                                                 Epoch view = kNow);
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

    // What the other stores' Neighbours ask of this one: see there.
    GroupHolding holding(model::ShardGroupId group, Epoch view = kNow) const;
    SegmentPlace take_place();
    void give_up_place(std::uint64_t id);
    io::Task<Result<void>> accept(const SegmentRecord& segment);
    void reveal(Epoch epoch);
    // Tells the store where the group has its home.
    void set_home(model::ShardGroupId group, GroupHome home);
    // No reader is from before `oldest` any more.
    void end_readers_before(Epoch oldest);

    // stop() comes soon: what the device refuses is given up from now on, instead of being tried
    // until it takes it, so that whoever waits for this store before the stop waits no longer than
    // for one try.
    void expect_stop();
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
