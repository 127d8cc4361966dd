#include "server/lake/lake_publisher.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "server/export/table_survey.h"
#include "server/lake/lake_root.h"
#include "sluice/base/log.h"
#include "sluice/io/reactor.h"

namespace sluice::server {
namespace {

constexpr std::int64_t kPauseMaxNs = 30 * kSecondNs;
constexpr std::int64_t kPauseAfterFailureMaxNs = 5 * kMinuteNs;
// Of a row group in the file, and of the pages that are being filled: what publishing takes of the
// machine's memory, beside the rows that are on their way.
constexpr std::size_t kGroupBytesMax = 32 * kMiB;

std::string node_name(const std::string& wanted) {
    if (!wanted.empty()) return wanted;
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "node";
    return lake::folder_name(name);
}

bool is_before(const WrittenFile& a, const WrittenFile& b) {
    return std::pair(a.day, a.part) < std::pair(b.day, b.part);
}

}  // namespace

// Not faster than the bandwidth allows, and no longer than the server runs.
class LakePublisher::Pace : public ExportPace {
public:
    explicit Pace(std::uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

    bool is_ended() const override { return io::Reactor::current().stopping(); }
    io::Haste haste() const override { return io::Haste::kBackground; }
    io::Task<void> rest(std::uint64_t bytes) override {
        if (bytes_per_second_ == 0) co_return;
        const double seconds = static_cast<double>(bytes) / static_cast<double>(bytes_per_second_);
        (void)co_await io::Reactor::current().sleep_ns(
            static_cast<std::int64_t>(seconds * static_cast<double>(kSecondNs)));
    }

    SendPace for_sending() {
        if (bytes_per_second_ == 0) return {};
        return {bytes_per_second_, [this](std::uint64_t bytes) { return rest(bytes); }};
    }

private:
    const std::uint64_t bytes_per_second_;
};

LakePublisher::LakePublisher(const LakeSettings& settings, std::string data_directory,
                             std::vector<engine::Core*> cores, std::uint64_t owner)
    : settings_(settings),
      place_{std::move(data_directory), settings.place(), node_name(settings.node)},
      cores_(std::move(cores)),
      owner_(owner),
      core_(*cores_.front()),
      schedule_(
          {settings.publish_after.ns, settings.databases.values, settings.follows_retention()}),
      pace_(std::make_unique<Pace>(settings.bandwidth.bytes)),
      target_(make_lake_target(core_.reactor(), settings, place_, steps_, pace_->for_sending(),
                               counts_.retries, owner)) {}

LakePublisher::~LakePublisher() = default;

io::Task<void> LakePublisher::run() {
    io::Reactor& reactor = core_.reactor();
    co_await reactor.switch_to(io::Share::kBackground);
    const std::int64_t pause_ns =
        std::clamp(settings_.publish_after.ns / 4, kSecondNs / 4, kPauseMaxNs);
    while (true) {
        std::int64_t wait_ns = has_work_ ? 0 : pause_ns;
        if (failures_in_a_row_ > 0) {
            wait_ns =
                std::min(pause_ns << std::min(failures_in_a_row_, 10u), kPauseAfterFailureMaxNs);
        }
        const bool slept = co_await reactor.sleep_ns(wait_ns);
        if (!slept) break;
        const Result<void> round = co_await work();
        if (reactor.stopping()) break;
        note(round);
    }
    co_await target_->close();
}

io::Task<Result<void>> LakePublisher::work() {
    has_work_ = false;
    if (!ledger_) {
        SLUICE_CO_TRY_VOID(co_await open_ledger());
    }
    co_await look();
    const Outlook outlook = schedule_.outlook();
    std::uint64_t done = 0;
    for (const PublishTask& task : outlook.tasks) {
        if (core_.reactor().stopping()) co_return Result<void>();
        const Result<bool> carried = co_await carry_out(task);
        if (!carried.ok()) {
            // What the journal or the folder is like now, its opening finds out.
            ledger_.reset();
            co_return Error{carried.error().kind,
                            task.key.table.text() + ": " + carried.error().message};
        }
        if (*carried) ++done;
    }
    if (done == 0) co_return Result<void>();
    log_info("published to the lake", {{"publications", done},
                                       {"files", counts_.files.value()},
                                       {"bytes", counts_.bytes.value()}});
    has_work_ = true;
    co_return Result<void>();
}

io::Task<Result<void>> LakePublisher::open_ledger() {
    SLUICE_CO_TRY(LakeLedger ledger, co_await LakeLedger::open(steps_, *target_, place_, owner_));
    ledger_.emplace(std::move(ledger));
    removals_seen_.reset();
    co_return Result<void>();
}

io::Task<void> LakePublisher::look() {
    io::Reactor& reactor = core_.reactor();
    const std::shared_ptr<const meta::Catalog> catalog = core_.catalog();
    const engine::EngineReport report = co_await core_.engine().report(core_);
    const engine::ShardReport nothing;
    schedule_.begin(reactor.wall_ns(), reactor.monotonic_ns());
    for (const auto& database : catalog->databases) {
        if (!schedule_.wants(database->name)) continue;
        for (const auto& policy : database->retention_policies) {
            const TableKey key{database->name, policy->name, ""};
            for (const auto& group : policy->shard_groups) {
                const auto found = report.shards.find(group->id);
                schedule_.look_at(
                    key, group, found == report.shards.end() ? nothing : found->second,
                    catalog->tombstones == nullptr ? nullptr
                                                   : catalog->tombstones->of_group(group->id),
                    ledger_->state());
                if (reactor.needs_yield()) co_await reactor.yield();
            }
        }
    }
    look_for_lost(*catalog);
    tell(schedule_.outlook());
}

void LakePublisher::look_for_lost(const meta::Catalog& catalog) {
    if (removals_seen_ == catalog.removals) return;
    const std::size_t before = schedule_.outlook().tasks.size();
    schedule_.look_for_lost(catalog, ledger_->state());
    if (schedule_.outlook().tasks.size() == before) removals_seen_ = catalog.removals;
}

void LakePublisher::tell(const Outlook& outlook) {
    unsettled_ = outlook.unsettled;
    std::erase_if(held_, [&](model::ShardGroupId group) { return !unsettled_->contains(group); });
    counts_.groups_held.set(held_.size());
    counts_.groups_due.set(outlook.groups_due);
    counts_.overdue_seconds.set(static_cast<std::uint64_t>(outlook.overdue_ns / kSecondNs));
    const model::Timestamp until =
        std::clamp(outlook.published_until, model::Timestamp{0}, core_.reactor().wall_ns());
    counts_.published_until_seconds.set(static_cast<std::uint64_t>(until / kSecondNs));
}

io::Task<Result<bool>> LakePublisher::carry_out(const PublishTask& task) {
    if (task.kind == PublishTask::Kind::kPublish) {
        co_return co_await publish(task);
    }
    const bool withdraws = task.kind == PublishTask::Kind::kWithdraw;
    io::Task<Result<void>> ending =
        withdraws ? ledger_->withdraw(task.key) : ledger_->forget(task.key);
    SLUICE_CO_TRY_VOID(co_await ending);
    damaged_.erase(task.key);
    if (withdraws) counts_.publications.add();
    co_return withdraws;
}

io::Task<Result<bool>> LakePublisher::publish(const PublishTask& task) {
    const auto damaged = damaged_.find(task.key);
    if (damaged != damaged_.end() && damaged->second == task.mark) co_return false;
    Publication candidate;
    std::map<lake::TableName, std::string> new_names;
    SLUICE_CO_TRY(const bool is_staged, co_await stage(task, candidate, new_names));
    if (!is_staged) co_return false;
    const std::uint64_t files = candidate.files.size();
    const std::uint64_t rows = candidate.rows();
    const std::uint64_t bytes = candidate.bytes();
    SLUICE_CO_TRY(const bool is_new,
                  co_await ledger_->publish(task.key, std::move(candidate), std::move(new_names)));
    damaged_.erase(task.key);
    if (!is_new) {
        counts_.unchanged.add();
        co_return false;
    }
    counts_.publications.add();
    counts_.files.add(files);
    counts_.rows.add(rows);
    counts_.bytes.add(bytes);
    co_return true;
}

io::Task<Result<bool>> LakePublisher::stage(const PublishTask& task, Publication& candidate,
                                            std::map<lake::TableName, std::string>& new_names) {
    SLUICE_CO_TRY_VOID(co_await target_->clear_stage());
    const engine::View view(core_);
    const RowPlaces places{places_of(cores_), view.epoch()};
    TableSurvey survey;
    SLUICE_CO_TRY_VOID(co_await survey_group(places, task.group, task.key.table.measurement,
                                             model::TimeRange(), *pace_, survey));
    const lake::TableNames names{{"day", "node"}, ledger_->state().names_of(task.key.table)};
    lake::TableColumns columns = survey.columns(names);
    new_names = columns.new_names();
    TableExport writing(std::move(columns), files_of(task), *pace_);
    for (const SurveyedGroup& group : survey.groups) {
        SLUICE_CO_TRY_VOID(co_await writing.write_group(places, group, model::TimeRange()));
    }
    // What came in while it was read may be there in part.
    const bool is_same = co_await is_as_before(task);
    if (!is_same) co_return false;
    if (writing.sum().blocks_missing != 0) {
        log_warn("damaged blocks are missing in the lake",
                 {{"table", task.key.table.text()},
                  {"group", task.key.group},
                  {"blocks", writing.sum().blocks_missing}});
        const LakeState::Entry* const entry = ledger_->state().find(task.key);
        if (entry != nullptr && entry->published) {
            damaged_[task.key] = task.mark;
            co_return false;
        }
    }
    candidate.range = task.group->range;
    candidate.mark = task.mark;
    candidate.files = writing.files();
    std::sort(candidate.files.begin(), candidate.files.end(), is_before);
    co_return true;
}

io::Task<bool> LakePublisher::is_as_before(const PublishTask& task) {
    const engine::EngineReport report = co_await core_.engine().report(core_);
    const std::shared_ptr<const meta::Catalog> catalog = core_.catalog();
    const auto found = report.shards.find(task.key.group);
    const engine::ShardReport shard =
        found == report.shards.end() ? engine::ShardReport() : found->second;
    const model::TombstoneList* const tombstones =
        catalog->tombstones == nullptr ? nullptr : catalog->tombstones->of_group(task.key.group);
    co_return shard.head_rows == 0 &&
        PublishSchedule::mark_of(task.key.table.measurement, *task.group, shard, tombstones,
                                 task.mark) == task.mark;
}

TableFiles LakePublisher::files_of(const PublishTask& task) const {
    const TableKey& table = task.key.table;
    TableFiles files;
    files.measurement = table.measurement;
    files.options.properties = table_properties(table.database, table.policy, table.measurement);
    files.options.group_bytes_max = kGroupBytesMax;
    files.options.open_bytes_max = kGroupBytesMax;
    files.place = [stage = target_->stage()](model::ShardGroupId, std::int64_t day,
                                             std::uint32_t part) {
        return TableFiles::Place(stage, LakeTarget::staged_name(day, part));
    };
    return files;
}

void LakePublisher::note(const Result<void>& round) {
    counts_.failing.set(round.ok() ? 0 : 1);
    if (round.ok()) {
        if (failing_since_ns_) log_info("the lake can be written again");
        failing_since_ns_.reset();
        last_error_.clear();
        failures_in_a_row_ = 0;
        return;
    }
    unsettled_.reset();
    counts_.failures.add();
    ++failures_in_a_row_;
    if (!failing_since_ns_) failing_since_ns_ = core_.reactor().monotonic_ns();
    if (round.error().message == last_error_) return;
    last_error_ = round.error().message;
    log_warn("nothing is published to the lake", {{"root", place_.root}, {"error", last_error_}});
}

std::vector<std::string> LakePublisher::troubles() const {
    std::vector<std::string> sentences;
    // What goes away by itself in the time that publishing waits anyway is no trouble.
    const bool is_long = failing_since_ns_ && core_.reactor().monotonic_ns() - *failing_since_ns_ >=
                                                  std::min(settings_.publish_after.ns, kHourNs);
    if (is_long || (failing_since_ns_ && !ledger_ && counts_.publications.value() == 0)) {
        sentences.push_back("nothing is published to the lake: " + last_error_);
    }
    if (!held_.empty()) {
        sentences.push_back(
            "expired shard groups take space until they are published to the lake ([lake] "
            "hold-retention): " +
            std::to_string(held_.size()));
    }
    return sentences;
}

bool LakePublisher::holds(const meta::ExpiredGroup& expired) {
    if (!settings_.hold_retention || !schedule_.wants(expired.database)) return false;
    if (unsettled_ && !unsettled_->contains(expired.group)) return false;
    held_.insert(expired.group);
    counts_.groups_held.set(held_.size());
    return true;
}

}  // namespace sluice::server
