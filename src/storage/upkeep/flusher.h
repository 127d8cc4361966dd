// The Flusher writes frozen heads to segments, one per shard group, and then one manifest record
// for all of them. That record ends the head: its segments take its place for readers, and its log
// files are free.
//
// It takes the oldest frozen head, once no append() to it is running and no delete is on its way. A
// failed flush is tried again: the head stays in memory and its log on disk until it succeeds, and
// writes wait when the next head is full too.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "storage/manifest/manifest.h"
#include "storage/parts/delete_ledger.h"
#include "storage/parts/group_ledger.h"
#include "storage/parts/head_set.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"
#include "storage/parts/store_trouble.h"
#include "storage/upkeep/cache_warmer.h"
#include "storage/wal/wal_file_pool.h"

namespace sluice::storage {

class Memtable;
class SeriesOrder;

// The tables of one group with the names of their measurements, in order of the names.
using GroupTables = std::vector<std::pair<std::string, std::shared_ptr<const Memtable>>>;

class Flusher {
public:
    // All arguments outlive it.
    Flusher(StoreLife& life, Manifest& manifest, WalFilePool& files, StoreTrouble& trouble,
            SegmentSet& segments, const GroupLedger& groups, const DeleteLedger& deletes,
            HeadSet& heads, CacheWarmer& warmer)
        : life_(life),
          manifest_(manifest),
          files_(files),
          trouble_(trouble),
          segments_(segments),
          groups_(groups),
          deletes_(deletes),
          heads_(heads),
          warmer_(warmer) {}

    // The task of the flusher. It ends when the store stops.
    io::Task<void> run();
    // Freezes the active head and completes when it, and all before it, are in segments, or with
    // the error of an attempt.
    io::Task<Result<void>> flush_all();

    // Returns whether a head is being flushed: its log is about to be given back.
    bool is_flushing() const { return flushing_; }

private:
    io::Task<Result<void>> flush(std::shared_ptr<Generation> generation);
    io::Task<Result<std::optional<SegmentRecord>>> flush_group(std::shared_ptr<const Head> head,
                                                               model::ShardGroupId group,
                                                               GroupTables tables,
                                                               const SeriesOrder& order);

    StoreLife& life_;
    Manifest& manifest_;
    WalFilePool& files_;
    StoreTrouble& trouble_;
    SegmentSet& segments_;
    const GroupLedger& groups_;
    const DeleteLedger& deletes_;
    HeadSet& heads_;
    CacheWarmer& warmer_;
    bool flushing_ = false;
};

}  // namespace sluice::storage
