// The SegmentMerger carries out one merge: it writes the output, makes it durable with one record
// of the manifest, and puts it in the place of its inputs. A merge that cuts writes a segment for
// each part of the group's home, and hands those of other stores over.
//
// Inputs count until that record is durable, also if it takes long, so no two merges run at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
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
#include "storage/upkeep/merge_choice.h"

namespace sluice::storage {

class SegmentMerger {
public:
    // All arguments outlive it.
    SegmentMerger(StoreLife& life, Manifest& manifest, StoreTrouble& trouble, SegmentSet& segments,
                  Quarantine& quarantine, const GroupLedger& groups, const DeleteLedger& deletes,
                  const HeadSet& heads, HomeLedger& homes, CacheWarmer& warmer)
        : life_(life),
          manifest_(manifest),
          trouble_(trouble),
          segments_(segments),
          quarantine_(quarantine),
          groups_(groups),
          deletes_(deletes),
          heads_(heads),
          homes_(homes),
          warmer_(warmer) {}

    // kCorrupt: an input is damaged, and has been reported. Any other error is noted as a trouble.
    // In both cases the inputs stay.
    io::Task<Result<void>> run(SegmentMerge merge);

private:
    // A segment that was written, and the store that keeps it.
    struct Written {
        std::uint32_t store = 0;
        SegmentPlace place;
        SegmentRecord record;
    };
    io::Task<Result<std::optional<GroupHome>>> settle_home(SegmentMerge& merge);
    io::Task<Result<void>> write(const SegmentMerge& merge, const GroupHome& home,
                                 std::vector<Written>& made);
    io::Task<Result<void>> find_place(Written& written);
    io::Task<void> give_up(const Written& written);
    io::Task<Result<void>> make_durable(const SegmentMerge& merge,
                                        const std::vector<Written>& made);
    io::Task<void> take_place(const SegmentMerge& merge, const std::vector<Written>& made,
                              Epoch epoch);
    io::Task<Result<void>> hand_over(const SegmentMerge& merge, const std::vector<Written>& made);
    io::Task<void> check_input(SegmentPtr segment, Error error);

    StoreLife& life_;
    Manifest& manifest_;
    StoreTrouble& trouble_;
    SegmentSet& segments_;
    Quarantine& quarantine_;
    const GroupLedger& groups_;
    const DeleteLedger& deletes_;
    const HeadSet& heads_;
    HomeLedger& homes_;
    CacheWarmer& warmer_;
};

}  // namespace sluice::storage
