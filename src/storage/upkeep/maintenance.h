// Maintenance looks after what no request triggers: free space, the age of the active head, a log
// that failed, a manifest that could not be written, and what the manifest is told of logs.
#pragma once

#include <cstdint>

#include "sluice/io/event.h"
#include "sluice/io/task.h"
#include "storage/manifest/manifest.h"
#include "storage/parts/head_set.h"
#include "storage/parts/store_life.h"
#include "storage/parts/store_trouble.h"
#include "storage/wal/wal_writer.h"

namespace sluice::storage {

class Maintenance {
public:
    // All arguments outlive it.
    Maintenance(StoreLife& life, Manifest& manifest, const WalContext& wal, StoreTrouble& trouble,
                HeadSet& heads)
        : life_(life), manifest_(manifest), wal_(wal), trouble_(trouble), heads_(heads) {}

    // The task of the maintenance. It ends after the store's stopping is set and wake() is called.
    io::Task<void> run();
    void wake() { tick_.notify_all(); }

    // Writes the manifest of this life, which the start could not: until that succeeds, the store
    // is only read.
    io::Task<void> make_manifest();
    // Tells the manifest that a log holds frames from now on. Those who write do not wait for it:
    // until the record is durable, a loss of the whole file would go unnoticed, and no more.
    void note_log(std::uint64_t log_number, std::uint64_t head_id);
    // Says that everything in the logs was durable, so that damage does not look like a write that
    // was cut short: an empty frame behind the last one of each log, and a note in the manifest,
    // which tells of damage that takes the end of a log as a whole. No append is under way. While a
    // head is being flushed, its log is about to be given back, and frozen heads are left out.
    io::Task<void> end_logs(bool is_flushing);

private:
    io::Task<void> probe_log();
    io::Task<void> record_log(std::uint64_t log_number, std::uint64_t head_id);

    StoreLife& life_;
    Manifest& manifest_;
    const WalContext& wal_;
    StoreTrouble& trouble_;
    HeadSet& heads_;
    io::Event tick_;
};

}  // namespace sluice::storage
