#include "server/lake/publish_schedule.h"

#include <algorithm>
#include <utility>

namespace sluice::server {
namespace {

// What is found beyond them is found again by the next look.
constexpr std::size_t kTasksMax = 256;

}  // namespace

bool PublishSchedule::wants(const std::string& database) const {
    return rules_.databases.empty() || std::find(rules_.databases.begin(), rules_.databases.end(),
                                                 database) != rules_.databases.end();
}

void PublishSchedule::begin(std::int64_t wall_ns, std::int64_t monotonic_ns) {
    wall_ns_ = wall_ns;
    monotonic_ns_ = monotonic_ns;
    outlook_ = {};
}

void PublishSchedule::add(PublishTask task) {
    if (outlook_.tasks.size() < kTasksMax) outlook_.tasks.push_back(std::move(task));
}

GroupMark PublishSchedule::mark_of(const std::string& measurement, const meta::ShardGroup& group,
                                   const engine::ShardReport& report,
                                   const model::TombstoneList* tombstones,
                                   const GroupMark& before) {
    // A delete that is carried out is forgotten, so the number must not fall.
    GroupMark mark{report.segments_mark, before.deletes};
    if (tombstones == nullptr) return mark;
    for (const auto& each : *tombstones) {
        const bool concerns = each->range.overlaps(group.range) && each->last_group >= group.id &&
                              each->names(measurement);
        if (concerns) mark.deletes = std::max(mark.deletes, each->sequence);
    }
    return mark;
}

// A group that is seen for the first time has not changed lately: what was written before the start
// and is not in a segment is in memory again, and changes the mark when it is flushed.
PublishSchedule::Watch& PublishSchedule::watch(model::ShardGroupId group,
                                               const engine::ShardReport& report,
                                               const model::TombstoneList* tombstones) {
    GroupMark mark{report.segments_mark, 0};
    if (tombstones != nullptr && !tombstones->empty()) mark.deletes = tombstones->back()->sequence;
    const auto [at, is_new] = watched_.try_emplace(group);
    Watch& watch = at->second;
    mark.deletes = std::max(mark.deletes, watch.mark.deletes);
    if (is_new) {
        watch.since_ns = monotonic_ns_ - rules_.publish_after_ns;
    } else if (watch.mark != mark) {
        watch.since_ns = monotonic_ns_;
        watch.is_settled = false;
    }
    watch.mark = mark;
    return watch;
}

void PublishSchedule::look_at(const TableKey& policy, std::shared_ptr<const meta::ShardGroup> group,
                              const engine::ShardReport& report,
                              const model::TombstoneList* tombstones, const LakeState& state) {
    Watch& seen = watch(group->id, report, tombstones);
    const bool is_in_segments = report.head_rows == 0;
    if (seen.is_settled && is_in_segments && seen.measurements == group->measurements.size()) {
        return;
    }
    const std::int64_t due_ns = group->range.end > model::kTimestampMax - rules_.publish_after_ns
                                    ? model::kTimestampMax
                                    : group->range.end + rules_.publish_after_ns;
    const bool is_quiet =
        is_in_segments && monotonic_ns_ - seen.since_ns >= rules_.publish_after_ns;
    const bool has_ended = due_ns <= wall_ns_;
    bool is_settled = is_in_segments;
    // In the order of their names, so that what is done does not depend on hashes.
    std::set<std::string> names;
    group->measurements.for_each(
        [&](const meta::MeasurementSchema& schema) { names.insert(schema.name); });
    for (const std::string& name : names) {
        const PublicationKey key{{policy.database, policy.policy, name}, group->id};
        const LakeState::Entry* const entry = state.find(key);
        const bool is_there = entry != nullptr && entry->published.has_value();
        const GroupMark mark = mark_of(name, *group, report, tombstones,
                                       is_there ? entry->published->mark : GroupMark());
        if (is_there && entry->published->mark == mark) continue;
        is_settled = false;
        if (has_ended && is_quiet) add({PublishTask::Kind::kPublish, key, group, mark});
    }
    seen.is_settled = is_settled;
    seen.measurements = names.size();
    if (is_settled) return;
    outlook_.unsettled.insert(group->id);
    outlook_.published_until = std::min(outlook_.published_until, group->range.begin);
    if (!has_ended) return;
    ++outlook_.groups_due;
    outlook_.overdue_ns = std::max(outlook_.overdue_ns, wall_ns_ - due_ns);
}

void PublishSchedule::look_for_lost(const meta::Catalog& catalog, const LakeState& state) {
    for (const auto& [key, entry] : state.entries()) {
        if (!wants(key.table.database) || !entry.published) continue;
        const meta::Database* const database = catalog.find_database(key.table.database);
        const meta::RetentionPolicy* const policy =
            database == nullptr ? nullptr : database->find_policy(key.table.policy);
        const meta::ShardGroup* const group =
            policy == nullptr ? nullptr : policy->find_group(key.group, entry.published->range);
        const bool has_measurement =
            group != nullptr && group->measurements.find(key.table.measurement) != nullptr;
        if (has_measurement) continue;
        if (rules_.follows_retention) {
            add({PublishTask::Kind::kWithdraw, key, nullptr, {}});
        } else if (group == nullptr) {
            // A measurement may come back to a group that lives, and then takes up where it was.
            add({PublishTask::Kind::kForget, key, nullptr, {}});
        }
        if (group == nullptr) watched_.erase(key.group);
    }
}

}  // namespace sluice::server
