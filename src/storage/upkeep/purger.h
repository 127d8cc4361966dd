// The Purger applies deletes to bytes: it rewrites segments without the rows that tombstones cover,
// so that tombstones have nothing left to cover and can be forgotten.
//
// Flushes and merges leave deleted rows out anyway. What is left to do here are segments that
// nothing else would touch: one at a time, some while after the delete, so that deletes that follow
// each other share the work.
#pragma once

#include <cstdint>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "storage/manifest/manifest.h"
#include "storage/parts/delete_ledger.h"
#include "storage/parts/quarantine.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"
#include "storage/parts/store_trouble.h"
#include "storage/upkeep/segment_merger.h"

namespace sluice::storage {

class Purger {
public:
    // All arguments outlive it.
    Purger(StoreLife& life, Manifest& manifest, StoreTrouble& trouble, SegmentSet& segments,
           Quarantine& quarantine, const DeleteLedger& deletes, SegmentMerger& merger)
        : life_(life),
          manifest_(manifest),
          trouble_(trouble),
          segments_(segments),
          quarantine_(quarantine),
          deletes_(deletes),
          merger_(merger) {}

    // Chooses a segment that deletes touch which are old enough, or any at all with `at_once`.
    // Returns nullptr when there is none.
    SegmentPtr choose(bool at_once) const;
    // Rewrites or removes the segment, or notes in the manifest that deletes leave it as it is. No
    // merge is running meanwhile.
    io::Task<Result<void>> run(SegmentPtr segment);

private:
    enum class Stale : std::uint8_t { kNothing, kSomething, kEverything };
    io::Task<Result<Stale>> find_stale(SegmentPtr segment, Tombstones deletes);

    StoreLife& life_;
    Manifest& manifest_;
    StoreTrouble& trouble_;
    SegmentSet& segments_;
    Quarantine& quarantine_;
    const DeleteLedger& deletes_;
    SegmentMerger& merger_;
};

}  // namespace sluice::storage
