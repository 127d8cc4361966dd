// The counters of a store.
#pragma once

#include "sluice/base/metrics.h"

namespace sluice::storage {

// Written by the store's core, read by any.
struct StoreMetrics {
    Counter batches;
    Counter rows;
    Counter values;
    Counter log_bytes;  // written to the log, padding included
    Counter log_frames;
    Counter log_failures;    // failed log writes
    Histogram commit_ns;     // one durable log write
    Counter append_waits;    // appends that waited for a flush or compaction
    Counter append_refused;  // kBusy, kNoSpace, read-only
    Counter flushes;
    Counter flush_bytes;
    Counter flush_failures;
    Counter compactions;
    Counter compaction_bytes_in;
    Counter compaction_bytes_out;
    Counter compaction_failures;
    Counter block_cache_hits;
    Counter block_cache_misses;
};

}  // namespace sluice::storage
