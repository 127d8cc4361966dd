// The Compactor decides what is merged or purged, and when: one thing at a time, merges before
// purges, and nothing while merges are held.
#pragma once

#include <cstdint>
#include <optional>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "storage/parts/delete_ledger.h"
#include "storage/parts/home_ledger.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"
#include "storage/parts/store_trouble.h"
#include "storage/upkeep/merge_choice.h"
#include "storage/upkeep/purger.h"
#include "storage/upkeep/segment_merger.h"

namespace sluice::storage {

class Compactor {
public:
    // All arguments outlive it.
    Compactor(StoreLife& life, StoreTrouble& trouble, SegmentSet& segments,
              const DeleteLedger& deletes, HomeLedger& homes, MergeChooser& chooser,
              SegmentMerger& merger, Purger& purger)
        : life_(life),
          trouble_(trouble),
          segments_(segments),
          deletes_(deletes),
          homes_(homes),
          chooser_(chooser),
          merger_(merger),
          purger_(purger) {}

    // The task of the compactor. It waits when nothing is due, and ends when the store stops.
    io::Task<void> run();
    // Works until nothing is due; `into_one` merges every group to one run. It takes turns with
    // run().
    io::Task<Result<void>> run_until_done(bool into_one);

private:
    // Due work: either of the two, or none.
    struct Work {
        std::optional<SegmentMerge> merge;
        SegmentPtr purge;
        explicit operator bool() const { return merge || purge != nullptr; }
    };
    bool may_begin() const { return !busy_ && !deletes_.merges_held(); }
    Work choose(bool into_one, bool purge_at_once);
    io::Task<void> ask_for_homes();
    io::Task<Result<void>> carry_out(Work work);
    std::int64_t next_check_ns() const;

    StoreLife& life_;
    StoreTrouble& trouble_;
    SegmentSet& segments_;
    const DeleteLedger& deletes_;
    HomeLedger& homes_;
    MergeChooser& chooser_;
    SegmentMerger& merger_;
    Purger& purger_;
    bool busy_ = false;  // a merge or purge is running
};

}  // namespace sluice::storage
