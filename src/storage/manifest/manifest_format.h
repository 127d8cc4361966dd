// The content of a manifest, and its records as bytes; see MANIFEST_FORMAT.md.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/model/shard_map.h"
#include "sluice/storage/group_facts.h"
#include "storage/segment/segment_format.h"
#include "storage/segment/segment_record.h"

namespace sluice::storage {

inline constexpr std::uint32_t kManifestMagic = 0x464D4C53;  // "SLMF"
inline constexpr std::uint16_t kManifestVersion = 4;
inline constexpr std::uint16_t kManifestVersionMin = 1;  // that is still read
inline constexpr std::size_t kManifestHeaderBytes = 48;

namespace edit {

// Opens every manifest file.
struct Identity {
    std::uint64_t store_id = 0;
    std::uint32_t incarnation = 0;  // counts openings: the upper half of head ids
    std::uint64_t next_segment_id = 1;
};
struct AddSegment {
    SegmentRecord segment;
};
struct RemoveSegment {
    std::uint64_t id = 0;
};
// Logs of heads up to this one are in segments.
struct Flushed {
    std::uint64_t head_id = 0;
};
// Says which deletes have been applied to a live segment. Without such an edit none have been.
struct DeletesApplied {
    std::uint64_t id = 0;
    std::uint64_t sequence = 0;
};
// Says which part of its group's series a live segment holds. Without such an edit: any series.
struct HoldsPart {
    std::uint64_t id = 0;
    HomePart part;
};
// The group's rows are gone, also those in logs.
struct DropGroup {
    model::ShardGroupId group = 0;
};

// A log file of the head holds a durable frame: it exists until the head is flushed.
struct LogBegun {
    std::uint64_t log_number = 0;
    std::uint64_t head_id = 0;
    std::uint64_t file_bytes = 0;
    bool operator==(const LogBegun&) const = default;
};
// The head had this many durable frames when the store was stopped in order, and gets no more that
// have rows.
struct LogEnded {
    std::uint64_t head_id = 0;
    std::uint64_t frames = 0;
};
struct DescribeGroup {
    model::ShardGroupId group = 0;
    GroupFacts facts;
};

}  // namespace edit

using ManifestEdit =
    std::variant<edit::Identity, edit::AddSegment, edit::RemoveSegment, edit::Flushed,
                 edit::DropGroup, edit::DeletesApplied, edit::LogBegun, edit::DescribeGroup,
                 edit::HoldsPart, edit::LogEnded>;

// Adds the edits that make the segment live.
void append_segment_edits(const SegmentRecord& segment, std::vector<ManifestEdit>& edits);

// The sum of all edits.
struct ManifestState {
    std::uint64_t store_id = 0;
    std::uint32_t incarnation = 0;
    std::uint64_t next_segment_id = 1;
    std::uint64_t flushed_head = 0;
    std::map<std::uint64_t, SegmentRecord> segments;
    std::set<model::ShardGroupId> dropped_groups;
    // Log files that must exist, by log number.
    std::map<std::uint64_t, edit::LogBegun> logs;
    // Frames that an orderly stop found durable, by head.
    std::map<std::uint64_t, std::uint64_t> log_ends;
    // Of groups that have, or had, segments or rows in logs.
    GroupFactsMap groups;

    void apply(const ManifestEdit& edit);
    std::vector<ManifestEdit> snapshot() const;
    // Up to which frame of a head clients were told for sure that their points are safe; 0: it is
    // not known, because the store was not stopped in order.
    std::uint64_t log_end(std::uint64_t head_id) const {
        const auto end = log_ends.find(head_id);
        return end == log_ends.end() ? 0 : end->second;
    }
    bool operator==(const ManifestState&) const = default;
};

// One record: header, edits, zeroes up to the next 4 KiB. `hash` names the previous record and is
// advanced to this one.
void append_manifest_record(ByteWriter& out, std::uint64_t number, std::uint64_t& hash,
                            const std::vector<ManifestEdit>& edits);

struct ManifestContent {
    ManifestState state;
    std::uint64_t records = 0;
    std::uint16_t version = 0;  // of the first record
    // Where the next record goes, and the hash that it continues.
    std::uint64_t end = 0;
    std::uint64_t hash = 0;
    // A record was begun behind the last intact one: nobody relied on it yet.
    bool torn = false;
    // Records that were durable and that no copy gives back: whole ones stand behind them.
    std::uint64_t records_lost = 0;
    // Whole records stand behind a place that neither copy gives back: nothing is appended there.
    bool broken = false;
    // Records that only one of two copies gives back, the last one left aside.
    std::uint64_t records_mended = 0;
    // Segments below this number that the first record does not list are gone.
    std::uint64_t first_segment_id = 1;
    // Segments that any record added or removed.
    std::set<std::uint64_t> named;
};

// Both copies of a manifest file together; either may be empty, missing or damaged. Of each record
// the copy that is whole counts. kCorrupt: the first record, which holds the identity, is damaged
// in both. kUnsupported: a newer version.
Result<ManifestContent> parse_manifest(ByteSpan bytes, ByteSpan copy = {});

}  // namespace sluice::storage
