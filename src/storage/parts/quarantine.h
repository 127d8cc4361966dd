// The Quarantine takes damaged segments out of service, so that the rest serves, and counts what
// was taken out, at the start or later.
#pragma once

#include <cstdint>

#include "sluice/base/result.h"
#include "storage/manifest/manifest.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"
#include "storage/parts/store_trouble.h"

namespace sluice::storage {

class Quarantine {
public:
    // All arguments outlive it. `report` lists the files that were set aside.
    Quarantine(StoreLife& life, Manifest& manifest, SegmentSet& segments, StoreTrouble& trouble,
               RecoveryReport& report)
        : life_(life),
          manifest_(manifest),
          segments_(segments),
          trouble_(trouble),
          report_(report) {}

    // Reports what a reader met in a segment. A damaged segment is named in health() and left
    // alone by merges. One that cannot even be opened (`unreadable`) leaves the set: its file gets
    // a name that nothing reads or removes, and answers say that its rows are missing.
    void report(const SegmentPtr& segment, const Error& error, bool unreadable);

    // Counts a segment that the start found missing or set aside.
    void note_set_aside() { ++count_; }
    std::uint64_t count() const { return count_; }

private:
    io::Task<void> set_aside(SegmentPtr segment);

    StoreLife& life_;
    Manifest& manifest_;
    SegmentSet& segments_;
    StoreTrouble& trouble_;
    RecoveryReport& report_;
    std::uint64_t count_ = 0;
};

}  // namespace sluice::storage
