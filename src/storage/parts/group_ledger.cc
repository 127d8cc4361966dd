#include "storage/parts/group_ledger.h"

#include <utility>

namespace sluice::storage {

// What the group is gets known beside its first rows, not with its first segment: until then they
// are in a log, which does not tell.
void GroupLedger::note_another(model::ShardGroupId group) {
    SLUICE_CHECK(group != 0);
    last_noted_ = group;
    if (!noted_.insert(group).second || manifest_.state().groups.contains(group)) return;
    if (life_.stopping || !life_.options.describe_groups) return;
    to_describe_.insert(group);
    if (to_describe_.size() == 1) life_.gate.spawn(record());
}

// Whatever was noted until this runs goes into one record: a request may bring many new groups. If
// the record fails, nothing is lost but a description, and describe() makes up for that.
io::Task<void> GroupLedger::record() {
    co_await life_.reactor.switch_to(io::Share::kBackground);
    if (life_.stopping) co_return;
    const std::set<model::ShardGroupId> groups = std::exchange(to_describe_, {});
    std::vector<ManifestEdit> edits;
    for (auto& [group, facts] : life_.options.describe_groups(groups)) {
        if (is_dropped(group)) continue;
        edits.push_back(edit::DescribeGroup{group, std::move(facts)});
    }
    if (!edits.empty()) (void)co_await manifest_.append(std::move(edits));
}

// With the first segment, where that has not been done or failed.
void GroupLedger::describe(const std::vector<SegmentRecord>& made,
                           std::vector<ManifestEdit>& edits) const {
    std::set<model::ShardGroupId> unknown;
    for (const SegmentRecord& each : made) {
        if (!manifest_.state().groups.contains(each.meta.group)) unknown.insert(each.meta.group);
    }
    if (unknown.empty() || !life_.options.describe_groups) return;
    for (auto& [group, facts] : life_.options.describe_groups(unknown)) {
        edits.push_back(edit::DescribeGroup{group, std::move(facts)});
    }
}

}  // namespace sluice::storage
