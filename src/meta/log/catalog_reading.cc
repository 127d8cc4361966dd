#include "meta/log/catalog_reading.h"

#include <algorithm>

#include "meta/log/catalog_snapshot.h"
#include "sluice/base/check.h"

namespace sluice::meta {
namespace {

LogReading read_log(std::uint64_t generation, ByteSpan file) {
    LogReading log;
    log.exists = true;
    log.bytes = file.size();
    log.scanned = scan_frames(file, generation);
    std::uint64_t last = 0;
    for (const CatalogFrame& frame : log.scanned.frames) {
        switch (frame.kind) {
            case CatalogFrameKind::kLogStart: {
                if (frame.offset != 0) {
                    log.out_of_order = true;
                    break;
                }
                log.starts_after = last = frame.sequence;
                ByteReader copies(frame.payload);
                if (!frame.payload.empty()) log.copies = copies.read_varint();
                break;
            }
            case CatalogFrameKind::kChanges:
                log.out_of_order = log.out_of_order || frame.sequence <= last;
                last = std::max(last, frame.sequence);
                log.changes.emplace(frame.sequence, frame.payload);
                break;
            case CatalogFrameKind::kLogEnd:
                log.out_of_order = log.out_of_order || frame.sequence < last;
                log.stopped_after = std::max(log.stopped_after, frame.sequence);
                break;
            default:
                log.out_of_order = true;
        }
    }
    return log;
}

SnapshotReading read_snapshot(std::uint64_t generation, ByteSpan file) {
    SnapshotReading snapshot;
    snapshot.exists = true;
    snapshot.scanned = scan_frames(file, generation);
    snapshot.is_whole = is_whole_snapshot(snapshot.scanned) && snapshot.scanned.end == file.size();
    return snapshot;
}

void take_log(GenerationReading& generation, std::size_t copy, LogReading log) {
    generation.from_later_version |= log.scanned.from_later_version;
    for (const auto& [sequence, changes] : log.changes) {
        const auto [known, is_new] = generation.changes.emplace(sequence, changes);
        if (is_new || std::ranges::equal(known->second, changes)) continue;
        if (generation.contradiction == 0) generation.contradiction = sequence;
    }
    if (log.starts_after.has_value()) generation.starts_after = log.starts_after;
    generation.stopped_after = std::max(generation.stopped_after, log.stopped_after);
    generation.copies = std::max(generation.copies, log.copies);
    generation.logs[copy] = std::move(log);
}

}  // namespace

std::uint64_t LogReading::last_change() const {
    return changes.empty() ? starts_after.value_or(0) : changes.rbegin()->first;
}

bool LogReading::has_end() const {
    return exists && !is_cut() && !scanned.frames.empty();
}

std::optional<std::uint64_t> LogReading::damage() const {
    if (!starts_after.has_value()) return 0;
    if (scanned.damaged_places != 0) return scanned.first_damage;
    if (out_of_order) return kCatalogFrameAlignment;
    return std::nullopt;
}

std::uint64_t SnapshotReading::damage() const {
    return scanned.damaged_places != 0 ? scanned.first_damage : scanned.end;
}

std::uint64_t GenerationReading::last_change() const {
    const std::uint64_t last = changes.empty() ? starts_after.value_or(0) : changes.rbegin()->first;
    return std::max(last, stopped_after);
}

GenerationReadings read_generations(std::span<const CatalogFiles> copies) {
    SLUICE_CHECK(copies.size() <= kCatalogCopies);
    GenerationReadings generations;
    for (std::size_t copy = 0; copy < copies.size(); ++copy) {
        const CatalogFiles& files = copies[copy];
        for (const auto& [number, bytes] : files.logs) {
            take_log(generations[number], copy, read_log(number, bytes));
        }
        for (const auto& [number, bytes] : files.snapshots) {
            GenerationReading& generation = generations[number];
            generation.has_snapshot = true;
            generation.snapshots[copy] = read_snapshot(number, bytes);
            const CatalogFrames& scanned = generation.snapshots[copy].scanned;
            generation.from_later_version |= scanned.from_later_version;
        }
        for (const auto& [number, why] : files.unreadable_logs) generations[number];
        for (const auto& [number, why] : files.unreadable_snapshots) {
            generations[number].has_snapshot = true;
        }
    }
    for (auto& [number, generation] : generations) {
        // The snapshot begins where its log does.
        for (const SnapshotReading& snapshot : generation.snapshots) {
            if (generation.starts_after.has_value() || snapshot.scanned.frames.empty()) continue;
            generation.starts_after = snapshot.scanned.frames.front().sequence;
        }
    }
    return generations;
}

CatalogFrames merged_snapshot(const GenerationReading& generation) {
    std::map<std::uint64_t, CatalogFrame> by_place;
    for (const SnapshotReading& snapshot : generation.snapshots) {
        for (const CatalogFrame& frame : snapshot.scanned.frames) {
            by_place.emplace(frame.offset, frame);
        }
    }
    CatalogFrames merged;
    for (const auto& [place, frame] : by_place) {
        merged.frames.push_back(frame);
        // What follows the end is a copy of what came before.
        if (frame.kind == CatalogFrameKind::kSnapshotEnd) break;
    }
    return merged;
}

bool is_same_snapshot(const CatalogFrames& a, const CatalogFrames& b) {
    return std::ranges::equal(
        a.frames, b.frames, [](const CatalogFrame& one, const CatalogFrame& other) {
            return one.kind == other.kind && one.sequence == other.sequence &&
                   one.offset == other.offset && std::ranges::equal(one.payload, other.payload);
        });
}

}  // namespace sluice::meta
