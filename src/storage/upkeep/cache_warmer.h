// A CacheWarmer reads new segments into the block cache: what was written last is what is asked for
// next, and a merge has taken away what the cache held of its inputs.
#pragma once

#include "sluice/io/task.h"
#include "storage/parts/head_set.h"
#include "storage/parts/segment_set.h"
#include "storage/parts/store_life.h"

namespace sluice::storage {

class CacheWarmer {
public:
    // All arguments outlive it.
    CacheWarmer(StoreLife& life, const HeadSet& heads, SegmentSet& segments)
        : life_(life), heads_(heads), segments_(segments) {}

    // Reads the blocks of a segment once, as far as the cache has room: nothing is pushed out for
    // them, and nothing that is to be flushed waits for them. Errors are not reported here: a
    // query that needs the bytes will meet them.
    io::Task<void> warm(SegmentRecord record);

private:
    StoreLife& life_;
    const HeadSet& heads_;
    SegmentSet& segments_;
};

}  // namespace sluice::storage
