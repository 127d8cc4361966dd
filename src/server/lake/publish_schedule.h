// Decides what is to be published, and what is to be taken out of the lake. Pure: it is told what
// there is, and when.
//
// A shard group is due when it has ended, the wait since its end and since the last change to it is
// over, and all its rows are in segments. A publication that exists is made anew when the mark of
// its group has changed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/lake/lake_state.h"
#include "sluice/engine/engine.h"
#include "sluice/meta/catalog.h"

namespace sluice::server {

struct ScheduleRules {
    std::int64_t publish_after_ns = 0;
    std::vector<std::string> databases;  // none: all
    bool follows_retention = false;      // what the catalog has lost leaves the lake
};

struct PublishTask {
    enum class Kind : std::uint8_t { kPublish, kWithdraw, kForget };
    Kind kind = Kind::kPublish;
    PublicationKey key;
    // To publish: what is read, and what the stores have of it.
    std::shared_ptr<const meta::ShardGroup> group;
    GroupMark mark;
};

// What one look at everything has found.
struct Outlook {
    std::vector<PublishTask> tasks;  // the first of them, in order of time
    // Groups of which not everything is published as it is now.
    std::set<model::ShardGroupId> unsettled;
    std::uint64_t groups_due = 0;
    std::int64_t overdue_ns = 0;  // the longest that one of those has been due
    // Whatever is older is published; the latest time there is if everything is.
    model::Timestamp published_until = model::kTimestampMax;
};

// One look after the other: begin(), then look_at() for each group, in order of time within its
// policy, and look_for_lost() if the catalog has lost something; then outlook().
class PublishSchedule {
public:
    explicit PublishSchedule(ScheduleRules rules) : rules_(std::move(rules)) {}

    bool wants(const std::string& database) const;
    void begin(std::int64_t wall_ns, std::int64_t monotonic_ns);
    // `report` is that of the group; `tombstones` of its database, null: there are none.
    void look_at(const TableKey& policy, std::shared_ptr<const meta::ShardGroup> group,
                 const engine::ShardReport& report, const model::TombstoneList* tombstones,
                 const LakeState& state);
    void look_for_lost(const meta::Catalog& catalog, const LakeState& state);
    const Outlook& outlook() const { return outlook_; }

    // The mark of a measurement: `before` is that which it has in the lake.
    static GroupMark mark_of(const std::string& measurement, const meta::ShardGroup& group,
                             const engine::ShardReport& report,
                             const model::TombstoneList* tombstones, const GroupMark& before);

private:
    // What a group was like, and since when, on the monotonic clock.
    struct Watch {
        GroupMark mark;
        std::int64_t since_ns = 0;
        // It was settled, with this many measurements: nothing in it needs to be looked at.
        bool is_settled = false;
        std::size_t measurements = 0;
    };

    Watch& watch(model::ShardGroupId group, const engine::ShardReport& report,
                 const model::TombstoneList* tombstones);
    void add(PublishTask task);

    const ScheduleRules rules_;
    std::map<model::ShardGroupId, Watch> watched_;
    std::int64_t wall_ns_ = 0;
    std::int64_t monotonic_ns_ = 0;
    Outlook outlook_;
};

}  // namespace sluice::server
