// A StoreTrouble knows all that is wrong with a store: what was damaged for good, and what waits
// until its cause is gone. It decides whether writes are refused, and says why in health().
//
// Damage stays until the store is opened again. A device that is full or refuses writes, and a
// flush or merge that failed, are looked at again by those who met them, and end by themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/storage/store_report.h"
#include "storage/manifest/manifest.h"
#include "storage/parts/store_life.h"
#include "storage/wal/wal_file_pool.h"
#include "storage/wal/wal_writer.h"

namespace sluice::storage {

class StoreTrouble {
public:
    // All arguments outlive it. Log, pool and manifest are asked for their own troubles.
    StoreTrouble(StoreLife& life, const WalContext& wal, const WalFilePool& files,
                 const Manifest& manifest)
        : life_(life), wal_(wal), files_(files), manifest_(manifest) {}

    // Returns why nothing may be written at this moment, or nothing when writes are taken.
    std::optional<Error> refusal() const;
    // Collects one sentence per trouble; the worst of them decides the state.
    StoreHealth health() const;

    // Adds a sentence of health() for something that was lost or set aside.
    void add_damage(std::string sentence) { damage_.push_back(std::move(sentence)); }
    // Notes what a reader met in the segment at `path`. Each place is said once, however many
    // queries meet it.
    void note_damaged_place(const std::string& path, const Error& error);

    // Free space is below StoreOptions::free_space_min.
    bool no_space() const { return no_space_; }
    void set_no_space(bool no_space) { no_space_ = no_space; }
    // The log failed several times in a row, and no probe has succeeded since.
    bool read_only() const { return read_only_; }
    void set_read_only(bool read_only) { read_only_ = read_only; }

    // The error that a flush, or a merge or purge, waits for: it is tried again until it succeeds.
    const std::optional<Error>& flush() const { return flush_; }
    void note_flush_failed(Error error);
    void end_flush_trouble() { flush_.reset(); }
    const std::optional<Error>& compaction() const { return compaction_; }
    void note_compaction_failed(Error error);
    void end_compaction_trouble() { compaction_.reset(); }

private:
    StoreLife& life_;
    const WalContext& wal_;
    const WalFilePool& files_;
    const Manifest& manifest_;
    std::vector<std::string> damage_;
    std::set<std::uint64_t> damaged_places_;  // in segments: hashes of what was said of them
    bool no_space_ = false;
    bool read_only_ = false;
    std::optional<Error> flush_;
    std::optional<Error> compaction_;
};

}  // namespace sluice::storage
