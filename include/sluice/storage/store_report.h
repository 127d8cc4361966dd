// What a store says about itself: its health, its sizes, and what its opening found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/model/shard_map.h"

namespace sluice::storage {

enum class StoreState : std::uint8_t {
    kOk,
    kDegraded,  // takes writes, but something was lost or set aside; `text` names it
    kReadOnly,  // answers queries, refuses writes; recovers by itself when the cause is gone
};

struct StoreHealth {
    StoreState state = StoreState::kOk;
    std::string text;  // one sentence per trouble; empty when kOk
};

struct StoreStats {
    std::uint64_t head_bytes = 0;          // active and frozen
    std::uint64_t head_rows = 0;           // active and frozen
    std::uint64_t head_series = 0;         // of the active head
    std::uint64_t series_index_bytes = 0;  // active and frozen
    std::uint64_t segments = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t segment_rows = 0;
    std::uint64_t segments_quarantined = 0;
    std::uint64_t log_files = 0;  // in use, spare ones not counted
    std::uint64_t block_cache_bytes = 0;
};

// The parts of one shard group that a store has.
struct GroupStats {
    model::ShardGroupId group = 0;
    std::uint64_t segments = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t segment_rows = 0;
    std::uint64_t head_rows = 0;  // active and frozen
    // Another one whenever the segments are others: a sum of hashes of their numbers.
    std::uint64_t segments_mark = 0;
};

// The findings of an opening.
struct RecoveryReport {
    std::uint64_t log_files = 0;
    std::uint64_t frames = 0;
    std::uint64_t rows = 0;
    std::uint64_t log_bytes = 0;
    // Places where a log ended in a frame that was cut short: normal after a crash.
    std::uint64_t torn_tails = 0;
    // Acknowledged frames that cannot be read any more, rows of other frames that cannot be
    // understood without them, and log files that must exist and do not.
    std::uint64_t frames_lost = 0;
    std::uint64_t rows_lost = 0;
    std::uint64_t logs_missing = 0;
    std::uint64_t manifest_records_cut = 0;
    // Records of the manifest that were durable: those no copy gives back, and those that only one
    // of its two copies does.
    std::uint64_t manifest_records_lost = 0;
    std::uint64_t manifest_records_mended = 0;
    std::uint64_t segments_adopted = 0;  // that the manifest does not name, and nothing replaces
    std::uint64_t files_removed = 0;     // not in the manifest: leftovers of unfinished work
    std::vector<std::string> quarantined;
    std::int64_t duration_ns = 0;
};

}  // namespace sluice::storage
