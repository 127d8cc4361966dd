// The publisher of a running server: keeps the lake like the shard groups that have ended, with
// what the machine has left.
//
// It works on core 0, in the share of the background: it reads as queries do, through all cores and
// with one view, has files packed beside the cores, and gives them to the ledger.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/config/lake_settings.h"
#include "server/export/distant_scan.h"
#include "server/export/export_pace.h"
#include "server/lake/lake_ledger.h"
#include "server/lake/lake_target.h"
#include "server/lake/publish_schedule.h"
#include "sluice/base/metrics.h"
#include "sluice/engine/core.h"
#include "sluice/engine/engine.h"
#include "sluice/io/task.h"

namespace sluice::server {

// Core 0 writes these, and any core may read them.
struct LakeCounts {
    Counter publications;  // generations that got their names, those that take files away too
    Counter unchanged;     // groups that were read again and found to be the same
    Counter files;
    Counter rows;
    Counter bytes;     // of files
    Counter failures;  // looks or publications that ended with an error
    Counter failing;   // 1: the last one did
    Counter groups_due;
    Counter overdue_seconds;
    Counter published_until_seconds;  // since 1970
    Counter groups_held;
    Counter retries;  // requests to a bucket that were sent once more
};

class LakePublisher {
public:
    // Core 0 is the first of `cores`, which are all of the engine and outlive this, as do the
    // settings. `owner` is a number that nobody else draws.
    LakePublisher(const LakeSettings& settings, std::string data_directory,
                  std::vector<engine::Core*> cores, std::uint64_t owner);
    ~LakePublisher();

    // Until a stop is asked for.
    io::Task<void> run();

    // On core 0, when the server ends: what is under way is left to the next start.
    void give_up() { target_->give_up(); }

    const LakeCounts& counts() const { return counts_; }
    const std::string& node() const { return place_.node; }
    // On core 0: a sentence for each, for /health.
    std::vector<std::string> troubles() const;
    // On core 0: the group has expired and is not published, and [lake] hold-retention is on.
    bool holds(const meta::ExpiredGroup& expired);

private:
    class Pace;

    io::Task<Result<void>> work();
    io::Task<Result<void>> open_ledger();
    io::Task<void> look();
    void look_for_lost(const meta::Catalog& catalog);
    void tell(const Outlook& outlook);
    // False: it is left for another look.
    io::Task<Result<bool>> carry_out(const PublishTask& task);
    io::Task<Result<bool>> publish(const PublishTask& task);
    io::Task<Result<bool>> stage(const PublishTask& task, Publication& candidate,
                                 std::map<lake::TableName, std::string>& new_names);
    io::Task<bool> is_as_before(const PublishTask& task);
    TableFiles files_of(const PublishTask& task) const;
    void note(const Result<void>& round);

    const LakeSettings& settings_;
    const LakePlace place_;
    const std::vector<engine::Core*> cores_;
    const std::uint64_t owner_;
    engine::Core& core_;
    FileSteps steps_;
    PublishSchedule schedule_;
    std::unique_ptr<Pace> pace_;
    LakeCounts counts_;
    std::unique_ptr<LakeTarget> target_;
    std::optional<LakeLedger> ledger_;  // none: it is to be opened

    bool has_work_ = false;  // the last look left something to do
    // The catalog had lost so much when it was last compared with what is published.
    std::optional<std::uint64_t> removals_seen_;
    // As of the last look; none: nothing is known, as before the first look and while looks fail.
    std::optional<std::set<model::ShardGroupId>> unsettled_;
    std::set<model::ShardGroupId> held_;  // of those
    // Published before, and damaged since: what is in the lake is better than what is here.
    std::map<PublicationKey, GroupMark> damaged_;
    std::optional<std::int64_t> failing_since_ns_;
    std::string last_error_;
    std::uint32_t failures_in_a_row_ = 0;
};

}  // namespace sluice::server
