// The inside of a Store: its parts and what they share. One parts; not for other rooms.
//
// append() and the log run in the ingest share, flush and compaction in the background share. All
// of them run on one thread, so every change between two co_awaits is atomic. A flush or merge
// becomes visible in the same turn in which heads or input segments vanish.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sluice/io/event.h"
#include "sluice/io/gate.h"
#include "sluice/io/reactor.h"
#include "sluice/storage/store.h"
#include "storage/manifest/manifest.h"
#include "storage/parts/delete_ledger.h"
#include "storage/parts/group_ledger.h"
#include "storage/parts/head_set.h"
#include "storage/parts/quarantine.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"
#include "storage/parts/store_trouble.h"
#include "storage/segment/block_cache.h"
#include "storage/segment/segment.h"
#include "storage/upkeep/cache_warmer.h"
#include "storage/upkeep/compactor.h"
#include "storage/upkeep/flusher.h"
#include "storage/wal/wal_file_pool.h"
#include "storage/wal/wal_writer.h"

namespace sluice::storage {

class StoreParts {
public:
    StoreParts(io::Reactor& reactor, StoreOptions options);
    ~StoreParts();

    // recovery.cc
    io::Task<Result<void>> open();

    // store_health.cc
    StoreHealth health() const { return trouble_.health(); }
    StoreStats stats() const;
    std::vector<GroupStats> group_stats() const;
    std::vector<model::ShardGroupId> shard_groups() const;

    // store.cc
    io::Task<Result<AppendReceipt>> append(model::PointBatch& batch);
    io::Task<void> stop();

    // drop.cc
    io::Task<Result<void>> drop_shard_groups(std::vector<model::ShardGroupId> groups);

    // deletes.cc
    void set_tombstones(Tombstones tombstones);
    void hold_merges() { deletes_.hold_merges(); }
    void release_merges();
    std::vector<std::uint64_t> unsettled_deletes() const;
    const DeleteLedger& deletes() const { return deletes_; }

    io::Reactor& reactor() { return life_.reactor; }
    const StoreOptions& options() const { return life_.options; }
    const HeadSet& heads() const { return heads_; }
    Flusher& flusher() { return flusher_; }
    Compactor& compactor() { return compactor_; }
    SegmentSet& segments() { return segments_; }
    Quarantine& quarantine() { return quarantine_; }
    const GroupLedger& groups() const { return groups_; }
    const StoreMetrics& metrics() const { return life_.metrics; }
    const RecoveryReport& recovery() const { return recovery_; }

private:
    friend class Recovery;

    // store.cc
    bool must_wait(const Generation& generation) const;
    void start_background();
    io::Task<void> run_maintenance();
    io::Task<void> probe_log();
    io::Task<void> make_manifest();
    void note_log(std::uint64_t log_number, std::uint64_t head_id);
    io::Task<void> record_log(std::uint64_t log_number, std::uint64_t head_id);
    io::Task<void> close_logs();

    StoreLife life_;
    RecoveryReport recovery_;
    Manifest manifest_;
    WalFilePool files_;
    WalContext wal_;
    StoreTrouble trouble_;
    SegmentSet segments_;
    Quarantine quarantine_;
    GroupLedger groups_;
    DeleteLedger deletes_;
    HeadSet heads_;
    CacheWarmer warmer_;
    Flusher flusher_;
    SegmentMerger merger_;
    Purger purger_;
    Compactor compactor_;

    io::Event tick_;  // the maintenance loop, woken to stop

    // Last: destroyed first, so that tasks of an abandoned store find their parts alive.
    io::Gate gate_;
};

}  // namespace sluice::storage
