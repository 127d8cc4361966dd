// The inside of a Store: its parts, what they are made of and in which order, and the calls that
// several of them answer together: append, drops, deletes, the end. Not for other rooms.
//
// parts/ has what a store holds, upkeep/ what works on it in the background. append() and the log
// run in the ingest share, flush and compaction in the background share. All of them run on one
// thread, so every change between two co_awaits is atomic. A flush or merge becomes visible in the
// same turn in which heads or input segments vanish.
#pragma once

#include <cstdint>
#include <vector>

#include "sluice/io/gate.h"
#include "sluice/io/reactor.h"
#include "sluice/storage/store.h"
#include "storage/manifest/manifest.h"
#include "storage/parts/delete_ledger.h"
#include "storage/parts/group_ledger.h"
#include "storage/parts/head_set.h"
#include "storage/parts/home_ledger.h"
#include "storage/parts/quarantine.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"
#include "storage/parts/store_trouble.h"
#include "storage/upkeep/cache_warmer.h"
#include "storage/upkeep/compactor.h"
#include "storage/upkeep/flusher.h"
#include "storage/upkeep/maintenance.h"
#include "storage/upkeep/merge_choice.h"
#include "storage/upkeep/purger.h"
#include "storage/upkeep/segment_merger.h"
#include "storage/wal/wal_file_pool.h"
#include "storage/wal/wal_writer.h"

namespace sluice::storage {

class StoreParts {
public:
    StoreParts(io::Reactor& reactor, StoreOptions options);
    ~StoreParts();

    // recovery.cc. It fills the parts; start_background() is its last step.
    io::Task<Result<void>> open();
    void start_background();

    // store_stats.cc
    StoreStats stats() const;
    std::vector<GroupStats> group_stats() const;
    std::vector<model::ShardGroupId> shard_groups() const;

    // store.cc
    io::Task<Result<AppendReceipt>> append(model::PointBatch& batch);
    io::Task<void> stop();

    // drop.cc
    io::Task<Result<void>> drop_shard_groups(std::vector<model::ShardGroupId> groups);

    // hand_over.cc
    GroupHolding holding(model::ShardGroupId group) const;
    io::Task<Result<void>> accept(const SegmentRecord& segment);
    void set_home(model::ShardGroupId group, GroupHome home);

    // deletes.cc
    void set_tombstones(Tombstones tombstones);
    void release_merges();
    std::vector<std::uint64_t> unsettled_deletes() const;

    io::Reactor& reactor() { return life_.reactor; }
    const StoreOptions& options() const { return life_.options; }
    StoreLife& life() { return life_; }
    RecoveryReport& recovery() { return recovery_; }
    Manifest& manifest() { return manifest_; }
    WalFilePool& files() { return files_; }
    WalContext& wal() { return wal_; }
    StoreTrouble& trouble() { return trouble_; }
    SegmentSet& segments() { return segments_; }
    Quarantine& quarantine() { return quarantine_; }
    GroupLedger& groups() { return groups_; }
    DeleteLedger& deletes() { return deletes_; }
    HeadSet& heads() { return heads_; }
    Flusher& flusher() { return flusher_; }
    Compactor& compactor() { return compactor_; }

private:
    bool must_wait(const Generation& generation) const;

    // Each refers to some of those before it.
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
    HomeLedger homes_;
    Maintenance maintenance_;
    CacheWarmer warmer_;
    Flusher flusher_;
    SegmentMerger merger_;
    Purger purger_;
    MergeChooser chooser_;
    Compactor compactor_;

    // Last: destroyed first, so that tasks of an abandoned store find their parts alive.
    io::Gate gate_;
};

}  // namespace sluice::storage
