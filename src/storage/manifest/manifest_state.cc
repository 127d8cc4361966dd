// What edits add up to, and the edits that say it again.
#include <algorithm>
#include <variant>

#include "storage/manifest/manifest_format.h"

namespace sluice::storage {
namespace {

// Each edit may come late, behind another one that made it pointless: a flush and a drop, for
// instance, append their records in either order. So each looks at what the state says by then, and
// what is void is passed over, in the same way whenever the records are read again.
struct EditApplier {
    ManifestState& state;

    void operator()(const edit::Identity& each) const {
        state.store_id = each.store_id;
        state.incarnation = each.incarnation;
        state.next_segment_id = each.next_segment_id;
    }
    void operator()(const edit::AddSegment& each) const {
        // A flush or merge that was under way when its group was dropped.
        if (!state.dropped_groups.contains(each.segment.meta.group)) {
            state.segments[each.segment.id] = each.segment;
            // These are edits of their own.
            state.segments[each.segment.id].deletes_applied = 0;
            state.segments[each.segment.id].part = {};
        }
        state.next_segment_id = std::max(state.next_segment_id, each.segment.id + 1);
    }
    void operator()(const edit::RemoveSegment& each) const { state.segments.erase(each.id); }
    void operator()(const edit::Flushed& each) const {
        state.flushed_head = std::max(state.flushed_head, each.head_id);
        std::erase_if(state.logs,
                      [&](const auto& log) { return log.second.head_id <= state.flushed_head; });
        state.log_ends.erase(state.log_ends.begin(),
                             state.log_ends.upper_bound(state.flushed_head));
    }
    void operator()(const edit::LogBegun& each) const {
        if (each.head_id > state.flushed_head) state.logs[each.log_number] = each;
    }
    void operator()(const edit::LogEnded& each) const {
        if (each.head_id > state.flushed_head) state.log_ends[each.head_id] = each.frames;
    }
    void operator()(const edit::DescribeGroup& each) const {
        if (!state.dropped_groups.contains(each.group)) state.groups[each.group] = each.facts;
    }
    void operator()(const edit::DeletesApplied& each) const {
        const auto found = state.segments.find(each.id);
        if (found != state.segments.end()) found->second.deletes_applied = each.sequence;
    }
    void operator()(const edit::HoldsPart& each) const {
        const auto found = state.segments.find(each.id);
        if (found != state.segments.end()) found->second.part = each.part;
    }
    void operator()(const edit::DropGroup& each) const {
        state.dropped_groups.insert(each.group);
        state.groups.erase(each.group);
        std::erase_if(state.segments,
                      [&](const auto& entry) { return entry.second.meta.group == each.group; });
    }
};

}  // namespace

void ManifestState::apply(const ManifestEdit& edit) {
    std::visit(EditApplier{*this}, edit);
}

// In an order in which none makes another one void: drops before what else is said of groups, and
// what is flushed before logs.
std::vector<ManifestEdit> ManifestState::snapshot() const {
    std::vector<ManifestEdit> edits;
    edits.push_back(edit::Identity{store_id, incarnation, next_segment_id});
    edits.push_back(edit::Flushed{flushed_head});
    for (const model::ShardGroupId group : dropped_groups) edits.push_back(edit::DropGroup{group});
    for (const auto& [number, log] : logs) edits.push_back(log);
    for (const auto& [head, frames] : log_ends) edits.push_back(edit::LogEnded{head, frames});
    std::set<model::ShardGroupId> present;
    for (const auto& [id, segment] : segments) {
        append_segment_edits(segment, edits);
        present.insert(segment.meta.group);
    }
    for (const auto& [group, facts] : groups) {
        const bool may_have_rows = present.contains(group) || !logs.empty();
        if (may_have_rows) edits.push_back(edit::DescribeGroup{group, facts});
    }
    return edits;
}

}  // namespace sluice::storage
