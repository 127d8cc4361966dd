// What the catalog's files of one generation hold, in each of the directories that keep a copy of
// it. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "meta/log/catalog_files.h"
#include "meta/log/catalog_frame.h"

namespace sluice::meta {

struct LogReading {
    bool exists = false;  // and can be read
    std::uint64_t bytes = 0;
    CatalogFrames scanned;
    // The last change before this log; nothing when its first frame is not intact.
    std::optional<std::uint64_t> starts_after;
    // In how many directories the catalog was kept when the log was made.
    std::uint64_t copies = 1;
    std::map<std::uint64_t, ByteSpan> changes;  // by number
    std::uint64_t stopped_after = 0;            // the last change before an orderly stop
    bool out_of_order = false;                  // frames that cannot have been written so

    std::uint64_t last_change() const;
    bool is_cut() const { return bytes < kCatalogLogReservedBytes; }
    // Nothing can be missing at its end but what a crash kept from being written.
    bool has_end() const;
    // Where the first damaged place is; a torn tail is none.
    std::optional<std::uint64_t> damage() const;
};

struct SnapshotReading {
    bool exists = false;  // and can be read
    CatalogFrames scanned;
    bool is_whole = false;

    std::uint64_t damage() const;
};

// The same bytes were written to every directory: what one has lost another may still have.
struct GenerationReading {
    std::array<LogReading, kCatalogCopies> logs;
    std::array<SnapshotReading, kCatalogCopies> snapshots;
    // Of all copies together.
    std::map<std::uint64_t, ByteSpan> changes;
    std::optional<std::uint64_t> starts_after;
    std::uint64_t stopped_after = 0;
    std::uint64_t copies = 1;
    bool has_snapshot = false;  // there is such a file, readable or not
    bool from_later_version = false;
    // The first change that the copies do not agree about; 0: none. They are not of one history.
    std::uint64_t contradiction = 0;

    // A log without a snapshot and without changes was made by a compaction that came no further:
    // history went on in the log before it.
    bool is_used() const { return has_snapshot || !changes.empty() || stopped_after != 0; }
    std::uint64_t last_change() const;
};

using GenerationReadings = std::map<std::uint64_t, GenerationReading>;

// At most kCatalogCopies of `copies`, which outlive the result.
GenerationReadings read_generations(std::span<const CatalogFiles> copies);

// The frames of all copies of one snapshot, by their place: damage at different places leaves it
// whole.
CatalogFrames merged_snapshot(const GenerationReading& generation);
// Equal frames at equal places.
bool is_same_snapshot(const CatalogFrames& a, const CatalogFrames& b);

}  // namespace sluice::meta
