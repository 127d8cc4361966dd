// The SegmentMerger carries out one merge: it writes the output, makes it durable with one record
// of the manifest, and puts it in the place of its inputs.
//
// Inputs count until that record is durable, also if it takes long, so no two merges run at a time.
#pragma once

#include <optional>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "storage/manifest/manifest.h"
#include "storage/parts/delete_ledger.h"
#include "storage/parts/group_ledger.h"
#include "storage/parts/quarantine.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"
#include "storage/parts/store_trouble.h"
#include "storage/upkeep/cache_warmer.h"
#include "storage/upkeep/merge_choice.h"

namespace sluice::storage {

class SegmentMerger {
public:
    // All arguments outlive it.
    SegmentMerger(StoreLife& life, Manifest& manifest, StoreTrouble& trouble, SegmentSet& segments,
                  Quarantine& quarantine, const GroupLedger& groups, const DeleteLedger& deletes,
                  CacheWarmer& warmer)
        : life_(life),
          manifest_(manifest),
          trouble_(trouble),
          segments_(segments),
          quarantine_(quarantine),
          groups_(groups),
          deletes_(deletes),
          warmer_(warmer) {}

    // kCorrupt: an input is damaged, and has been reported. Any other error is noted as a trouble.
    // In both cases the inputs stay.
    io::Task<Result<void>> run(SegmentMerge merge);

private:
    io::Task<Result<std::optional<SegmentRecord>>> write(const SegmentMerge& merge);
    io::Task<void> check_input(SegmentPtr segment, Error error);

    StoreLife& life_;
    Manifest& manifest_;
    StoreTrouble& trouble_;
    SegmentSet& segments_;
    Quarantine& quarantine_;
    const GroupLedger& groups_;
    const DeleteLedger& deletes_;
    CacheWarmer& warmer_;
};

}  // namespace sluice::storage
