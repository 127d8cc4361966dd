// The segments' part of an opening: which of the files on disk are live.
//
// The manifest says so. A file that it does not name is a leftover of work that was cut short, and
// goes, when that is certain: the manifest is whole, and what the file holds is also in segments
// that are listed or in logs. Everything else is kept. It serves where no other segment holds its
// rows: sequences of the segments of a group never overlap, except between a segment and what it
// was merged into, which has the higher number. What must not serve is set aside under a name that
// says so.
#include <algorithm>

#include "sluice/base/log.h"
#include "storage/files/device_failure.h"
#include "storage/files/file_names.h"
#include "storage/files/list_entries.h"
#include "storage/store/recovery.h"

namespace sluice::storage {
namespace {

bool overlap(const SegmentMeta& a, const SegmentMeta& b) {
    return a.sequence_min <= b.sequence_max && b.sequence_min <= a.sequence_max;
}

// Whether all rows of `old` that still count are in `made`, which lies in the same group. Segments
// lose their sequences in merges of all their group has; they may not tell which sequences these
// were.
bool replaces(const FoundSegment& made, const FoundSegment& old) {
    if (made.lineage) return made.lineage->contains(old.record.id);
    // Those that name what they were made of are never replaced by one that does not.
    if (old.lineage) return false;
    return made.record.id > old.record.id &&
           (!made.record.has_sequences || overlap(made.record.meta, old.record.meta));
}

}  // namespace

io::Task<Result<void>> Recovery::find_segments() {
    SLUICE_CO_TRY(const auto entries,
                  co_await list_entries(reactor_, shards_directory(directory_)));
    for (const io::DirectoryEntry& each : entries) {
        const auto group = parse_group_name(each.name);
        if (group && each.is_directory) {
            SLUICE_CO_TRY_VOID(co_await sort_out_group(*group));
        } else {
            report_odd(shards_directory(directory_) + "/" + each.name);
        }
    }
    report_missing();
    for (const auto& [id, record] : state_.segments) parts_.segments().add(record);
    co_return Result<void>();
}

void Recovery::report_missing() {
    std::vector<SegmentRecord> missing;
    for (const auto& [id, record] : state_.segments) {
        if (!present_.contains(id)) missing.push_back(record);
    }
    for (const SegmentRecord& each : missing) {
        const std::string path = segment_path(directory_, each.meta.group, each.id);
        log_error("segment missing", {{"file", path}, {"rows", each.meta.rows}});
        parts_.trouble().add_damage("missing segment: " + path);
        parts_.recovery().quarantined.push_back(path);
        parts_.quarantine().note_set_aside();
        parts_.segments().add_lost(each);
        state_.segments.erase(each.id);
    }
}

io::Task<Result<void>> Recovery::sort_out_group(model::ShardGroupId group) {
    const std::string directory = group_directory(directory_, group);
    SLUICE_CO_TRY(const auto entries, co_await list_entries(reactor_, directory));
    std::vector<std::uint64_t> unlisted;
    for (const io::DirectoryEntry& each : entries) {
        const auto set_aside_before = parse_set_aside_segment_name(each.name);
        const auto id = each.is_directory ? std::nullopt : parse_segment_name(each.name);
        if (set_aside_before) {
            state_.next_segment_id = std::max(state_.next_segment_id, *set_aside_before + 1);
            report_set_aside(directory + "/" + each.name);
        } else if (!id) {
            report_odd(directory + "/" + each.name);
        } else if (const auto known = state_.segments.find(*id);
                   known != state_.segments.end() && known->second.meta.group == group) {
            present_.insert(*id);
        } else {
            unlisted.push_back(*id);
        }
    }
    std::sort(unlisted.begin(), unlisted.end());
    std::vector<FoundSegment> whole;
    for (const std::uint64_t id : unlisted) {
        SLUICE_CO_TRY_VOID(co_await look_at_unlisted(group, id, whole));
    }
    if (!whole.empty()) co_await read_lineages(group);
    // What was merged into others comes after them.
    for (auto each = whole.rbegin(); each != whole.rend(); ++each) {
        SLUICE_CO_TRY_VOID(co_await decide(std::move(*each)));
    }
    co_return Result<void>();
}

bool Recovery::is_known_to_be_gone(model::ShardGroupId group, std::uint64_t id) const {
    if (state_.dropped_groups.contains(group)) return true;
    if (!manifests_.content || state_.segments.contains(id)) return false;
    return id < manifests_.content->first_segment_id || manifests_.content->named.contains(id);
}

// Removes it, sets it aside, or adds it to those that are whole.
io::Task<Result<void>> Recovery::look_at_unlisted(model::ShardGroupId group, std::uint64_t id,
                                                  std::vector<FoundSegment>& whole) {
    const std::string path = segment_path(directory_, group, id);
    const bool gone = is_known_to_be_gone(group, id);
    state_.next_segment_id = std::max(state_.next_segment_id, id + 1);
    if (gone) co_return co_await remove(path);
    auto found = co_await read_footer(group, id);
    // Deletes may have left nothing of what was to be written.
    if (found.ok() && found->record.meta.rows == 0) co_return co_await remove(path);
    if (found.ok()) {
        whole.push_back(std::move(*found));
        co_return Result<void>();
    }
    const bool unreadable = is_device_failure(found.error());
    if (!unreadable && found.error().kind != ErrorKind::kCorrupt) co_return found.error();
    // Without its footer it is a file that was being written.
    if (!unreadable && !lost_) co_return co_await remove(path);
    parts_.quarantine().note_set_aside();
    co_await set_aside(path, found.error().message);
    co_return Result<void>();
}

// kCorrupt: it is not a whole segment of this group.
io::Task<Result<FoundSegment>> Recovery::read_footer(model::ShardGroupId group, std::uint64_t id) {
    const std::string path = segment_path(directory_, group, id);
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor_, path, io::OpenMode::kRead));
    FoundSegment found;
    SegmentRecord& record = found.record;
    record.id = id;
    Result<std::uint64_t> size = co_await file.size();
    Result<void> read;
    if (size.ok()) {
        SequentialAccess access(file, *size);
        auto reader = co_await SegmentReader::open(access, path);
        if (reader.ok()) {
            record.has_sequences = (*reader)->has_sequences();
            record.meta = (*reader)->meta();
            found.lineage = (*reader)->lineage();
        } else {
            read = std::move(reader).error();
        }
    } else {
        read = std::move(size).error();
    }
    co_await file.close();
    if (!read.ok()) co_return std::move(read).error();
    if (record.meta.group != group) {
        co_return Error{ErrorKind::kCorrupt, path + ": not a segment of this shard group"};
    }
    // Rows that do not even tell their highest sequence cannot be told from those written after a
    // delete: there deleted points come back rather than living ones being lost.
    if (!record.has_sequences && record.meta.sequence_max == 0) {
        record.deletes_applied = parts_.deletes().last_sequence();
    }
    co_return found;
}

// Of the listed segments of the group, beside which there are some that are not.
io::Task<void> Recovery::read_lineages(model::ShardGroupId group) {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, each] : state_.segments) {
        if (each.meta.group == group && present_.contains(id)) ids.push_back(id);
    }
    for (const std::uint64_t id : ids) {
        auto found = co_await read_footer(group, id);
        if (found.ok()) lineages_[id] = std::move(found->lineage);
    }
}

FoundSegment Recovery::listed(const SegmentRecord& record) const {
    const auto known = lineages_.find(record.id);
    if (known != lineages_.end()) return {record, known->second};
    // What cannot be read names nothing; but what holds a part would.
    return {record, record.part.is_any() ? std::nullopt : std::optional(SegmentIds())};
}

// Whether listed segments or logs hold all of a segment that no record of a whole manifest names:
// its flush or merge was under way.
bool Recovery::is_found_elsewhere(const FoundSegment& found) const {
    if (lost_) return false;
    // Its inputs are listed here, or it comes from another store, which has them.
    if (found.lineage) return true;
    const SegmentRecord& record = found.record;
    const SegmentMeta& meta = record.meta;
    if (record.has_sequences && logs_are_whole_ && replayed_sequence_min_ <= meta.sequence_min &&
        meta.sequence_max <= replayed_sequence_max_) {
        return true;
    }
    bool holds_first = false;
    bool holds_last = false;
    for (const auto& [id, each] : state_.segments) {
        if (each.meta.group != meta.group || id > record.id || !present_.contains(id)) continue;
        const bool unknown = !record.has_sequences && meta.sequence_max == 0;
        const auto holds = [unknown, &other = each.meta](std::uint64_t sequence) {
            return unknown || (other.sequence_min <= sequence && sequence <= other.sequence_max);
        };
        holds_first |= holds(meta.sequence_min);
        holds_last |= holds(meta.sequence_max);
    }
    return holds_first && holds_last;
}

io::Task<Result<void>> Recovery::decide(FoundSegment found) {
    SegmentRecord& record = found.record;
    const std::string path = segment_path(directory_, record.meta.group, record.id);
    std::vector<SegmentRecord> replaced;
    bool is_replaced = false;
    for (const auto& [id, each] : state_.segments) {
        if (each.meta.group != record.meta.group) continue;
        const FoundSegment other = listed(each);
        if (present_.contains(id) && replaces(other, found)) is_replaced = true;
        if (replaces(found, other)) replaced.push_back(each);
    }
    if (!lost_ && (is_replaced || is_found_elsewhere(found))) {
        // A power cut may bring the file back when what holds its rows is gone.
        parts_.segments().abandon(record.id);
        co_return co_await remove(path);
    }
    if (is_replaced) {
        co_await put_away(record);
        co_return Result<void>();
    }
    for (const SegmentRecord& each : replaced) {
        if (present_.erase(each.id) != 0) co_await put_away(each);
        state_.segments.erase(each.id);
    }
    ++parts_.recovery().segments_adopted;
    if (!rebuild_) {
        log_error("a segment that the manifest does not name is taken in",
                  {{"file", path}, {"rows", record.meta.rows}});
    }
    present_.insert(record.id);
    lineages_[record.id] = std::move(found.lineage);
    state_.segments[record.id] = record;
    co_return Result<void>();
}

// The file keeps its bytes; its rows are in a segment that serves.
io::Task<void> Recovery::put_away(const SegmentRecord& record) {
    const std::string path = segment_path(directory_, record.meta.group, record.id);
    log_warn("a segment was merged into another one and is set aside", {{"file", path}});
    parts_.recovery().quarantined.push_back(path);
    auto renamed = co_await io::rename_file(reactor_, path, unlisted_path(path));
    if (!renamed.ok()) {
        log_warn("a segment keeps its name", {{"error", renamed.error().message}});
    }
}

}  // namespace sluice::storage
