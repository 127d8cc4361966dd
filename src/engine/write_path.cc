// This file takes a write from the names in its URL to the store: it resolves the target, checks
// the batch against the catalog, asks for what the catalog lacks, and appends.
#include <algorithm>
#include <utility>

#include "engine/core_state.h"
#include "engine/engine_state.h"
#include "sluice/base/check.h"
#include "sluice/model/errors.h"

namespace sluice::engine {
namespace {

// Names asked for in one message: the catalog's core works on them for a few milliseconds. Only
// requests with thousands of new measurements need more than one.
constexpr std::size_t kMeasurementsPerMessage = 2048;
// Each round of asking makes progress, unless the same names are dropped all the time.
constexpr int kRoundsMax = 16;

WriteOutcome failed(Error error) {
    WriteOutcome outcome;
    outcome.status = WriteStatus::kFailed;
    outcome.error = std::move(error);
    return outcome;
}

// Moves rejections as far as their texts stay within the bound; the first one is always told.
void move_bounded(std::vector<model::Rejection>& from, std::vector<model::Rejection>& to) {
    std::size_t bytes = 0;
    for (model::Rejection& rejection : from) {
        bytes += rejection.message.size();
        if (bytes > kRejectionBytesMax && &rejection != &from.front()) break;
        to.push_back(std::move(rejection));
    }
}

// Takes up to kMeasurementsPerMessage measurements off the end of `missing`.
std::vector<meta::GroupWanted> take_message(std::vector<meta::GroupWanted>& missing) {
    std::vector<meta::GroupWanted> message;
    std::size_t left = kMeasurementsPerMessage;
    while (!missing.empty() && left != 0) {
        meta::GroupWanted& group = missing.back();
        if (group.measurements.size() <= left) {
            left -= group.measurements.size();
            if (group.measurements.empty()) --left;
            message.push_back(std::move(group));
            missing.pop_back();
            continue;
        }
        meta::GroupWanted part{group.group, group.time, {}};
        const auto cut = group.measurements.end() - static_cast<std::ptrdiff_t>(left);
        part.measurements.assign(std::make_move_iterator(cut),
                                 std::make_move_iterator(group.measurements.end()));
        group.measurements.erase(cut, group.measurements.end());
        message.push_back(std::move(part));
        left = 0;
    }
    // ask_for_names() would not end otherwise.
    SLUICE_CHECK(!message.empty());
    return message;
}

}  // namespace

// The target refers to the snapshot that it holds, so it stays valid however long the body takes to
// arrive; store() checks the batch against the newest snapshot all the same.
Result<WriteTarget> CoreState::resolve(std::string_view database,
                                       std::string_view retention_policy) {
    const meta::Database* found = catalog->find_database(database);
    if (found == nullptr) {
        return model::database_not_found("\"" + std::string(database) + "\"");
    }
    const meta::RetentionPolicy* policy = found->find_policy(retention_policy);
    if (policy == nullptr) {
        const std::string_view name =
            retention_policy.empty() ? found->default_retention_policy : retention_policy;
        return model::retention_policy_not_found(name);
    }
    WriteTarget target;
    target.series_max = engine.options().series_per_database_max;
    target.fields_max = engine.options().fields_per_measurement_max;
    target.snapshot = catalog;
    target.database = found;
    target.policy = policy;
    target.shards = model::ShardMap::sharing(
        std::shared_ptr<const model::ShardMap::Slots>(catalog, &policy->shard_slots),
        policy->shard_group_duration_ns,
        policy->duration_ns == 0 ? model::kTimestampMin : policy->time_min(reactor.wall_ns()));
    if (policy->write_limits.any()) [[unlikely]] {
        const model::Timestamp now = reactor.wall_ns();
        const model::WriteBounds bounds{policy->duration_ns, policy->time_min(now),
                                        policy->write_limits, now};
        target.shards.bind(bounds);
    }
    return target;
}

CoreState::Checked CoreState::check(std::string_view database, std::string_view policy_name,
                                    std::uint64_t head_id, std::uint64_t fields_max,
                                    model::PointBatch& batch) {
    storage::Head& head = stores.front()->active_head();
    // Series numbers of another head mean nothing.
    if (head.id() != head_id) return Checked::kParseAgain;
    const meta::Database* found = catalog->find_database(database);
    const meta::RetentionPolicy* policy =
        found == nullptr ? nullptr : found->find_policy(policy_name);
    if (policy == nullptr) return Checked::kNotFound;
    if (!dropping_.empty() && is_being_dropped(database, head.series_index(), batch)) {
        return Checked::kWait;
    }
    if (!adopt_new_groups(*policy, batch)) return Checked::kParseAgain;
    findings_.clear();
    checker_.set_fields_max(fields_max);
    checker_.check(*catalog, *policy, head_id, head.series_index(), batch, findings_);
    if (findings_.stale) return Checked::kParseAgain;
    return findings_.missing.empty() ? Checked::kFits : Checked::kAsk;
}

bool CoreState::adopt_new_groups(const meta::RetentionPolicy& policy, model::PointBatch& batch) {
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        model::BatchTable& table = batch.table_at(i);
        if (table.shard.group != 0) continue;
        const meta::ShardGroup* group = policy.group_at(table.times[0]);
        if (group == nullptr) continue;
        // Cut otherwise than the parser expected: its rows may belong into several groups.
        if (group->range != table.shard.range) return false;
        table.shard.group = group->id;
    }
    return true;
}

io::Task<WriteOutcome> CoreState::write(const WriteTarget& target, model::PointBatch& batch,
                                        std::vector<model::Rejection>& rejections) {
    batch.remove_empty_tables();
    const SeriesBounds bounds{target.series_max, engine.options().values_per_tag_max};
    if (bounds.any()) [[unlikely]]
        return write_within_bounds(target, bounds, batch, rejections);
    return write_checked(target, batch, rejections);
}

io::Task<WriteOutcome> CoreState::write_checked(const WriteTarget& target, model::PointBatch& batch,
                                                std::vector<model::Rejection>& rejections) {
    if (listener == nullptr || target.policy->subscriptions.empty()) [[likely]] {
        return store(target, batch, rejections);
    }
    return store_and_tell(target, batch, rejections);
}

// `target` is a copy: it keeps the snapshot until the write has completed.
io::Task<WriteOutcome> CoreState::store_and_tell(WriteTarget target, model::PointBatch& batch,
                                                 std::vector<model::Rejection>& rejections) {
    std::string captured =
        listener->capture(target, batch, stores.front()->active_head().series_index());
    io::Task<WriteOutcome> storing = store(target, batch, rejections);
    WriteOutcome outcome = co_await storing;
    if (outcome.status == WriteStatus::kDone && outcome.rows_written != 0 && listener != nullptr) {
        listener->accepted(target, std::move(captured), outcome.rows_written);
    }
    co_return outcome;
}

// This is not a coroutine, so that a write that needs no new names costs one frame less.
io::Task<WriteOutcome> CoreState::store(const WriteTarget& target, model::PointBatch& batch,
                                        std::vector<model::Rejection>& rejections) {
    const std::uint64_t head_id = stores.front()->active_head().id();
    const Checked checked =
        check(target.database->name, target.policy->name, head_id, target.fields_max, batch);
    if (checked == Checked::kFits) return append(batch, rejections);
    return write_after_asking({target.database->name, target.policy->name, {}}, checked, head_id,
                              target.fields_max, batch, rejections);
}

io::Task<WriteOutcome> CoreState::write_after_asking(meta::NamesWanted wanted, Checked checked,
                                                     std::uint64_t head_id,
                                                     std::uint64_t fields_max,
                                                     model::PointBatch& batch,
                                                     std::vector<model::Rejection>& rejections) {
    SLUICE_CHECK(checked != Checked::kFits);
    // Names are made for good, so not for points that cannot be stored.
    if (checked == Checked::kAsk) {
        Result<void> fits = stores.front()->check_size(batch);
        if (!fits.ok()) {
            metrics.writes.add();
            metrics.writes_failed.add();
            co_return failed(std::move(fits).error());
        }
    }
    // Each round waits, and then checks the batch anew against whatever the catalog and the head
    // are.
    for (int round = 0; round < kRoundsMax; ++round) {
        if (checked == Checked::kWait) {
            while (!dropping_.empty()) co_await dropped_.wait();
            checked = check(wanted.database, wanted.retention_policy, head_id, fields_max, batch);
            continue;
        }
        if (checked != Checked::kAsk) break;
        Result<void> made = co_await ask_for_names(wanted, std::move(findings_.missing));
        if (!made.ok()) {
            metrics.writes.add();
            metrics.writes_failed.add();
            co_return failed(std::move(made).error());
        }
        checked = check(wanted.database, wanted.retention_policy, head_id, fields_max, batch);
    }
    if (checked == Checked::kFits) co_return co_await append(batch, rejections);
    if (checked == Checked::kAsk || checked == Checked::kWait) {
        metrics.writes.add();
        metrics.writes_failed.add();
        co_return failed({ErrorKind::kBusy, "the names of this write are dropped all the time"});
    }
    // For what is gone, resolve() finds the words.
    metrics.parses_repeated.add();
    WriteOutcome outcome;
    outcome.status = WriteStatus::kParseAgain;
    co_return outcome;
}

// Several messages may be needed; each brings a snapshot that has the names of those before it.
io::Task<Result<void>> CoreState::ask_for_names(meta::NamesWanted& wanted,
                                                std::vector<meta::GroupWanted> missing) {
    // Taken off the end: the groups are made, and numbered, in the order of the points.
    std::ranges::reverse(missing);
    // What other writes have asked for meanwhile may have taken the room for names: then the caller
    // looks again, and refuses.
    while (!missing.empty() && !checker_.has_no_room(*catalog)) {
        wanted.groups = take_message(missing);
        metrics.names_requested.add();
        Result<std::shared_ptr<const meta::Catalog>> made = co_await engine.ensure_names(wanted);
        if (!made.ok()) {
            // The names have been dropped meanwhile: resolve() will say so.
            if (made.error().kind == ErrorKind::kNotFound) co_return Result<void>();
            co_return std::move(made).error();
        }
        install(*made);
    }
    co_return Result<void>();
}

// A batch has a table for each measurement: tables of one group count their points together and the
// write once, which `last_write` tells.
void CoreState::count_groups(const model::PointBatch& batch, bool written) {
    ++writes_counted_;
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        const model::BatchTable& table = batch.table_at(i);
        SLUICE_CHECK(table.shard.group != 0);
        GroupWrites& group = group_writes[table.shard.group];
        if (written) group.points += table.rows();
        if (std::exchange(group.last_write, writes_counted_) == writes_counted_) continue;
        ++group.writes;
        if (!written) ++group.failed;
    }
}

// Carries out what check() found, and appends. There was no wait since the check.
io::Task<WriteOutcome> CoreState::append(model::PointBatch& batch,
                                         std::vector<model::Rejection>& rejections) {
    SLUICE_CHECK(findings_.missing.empty() && !findings_.stale);
    metrics.writes.add();
    WriteOutcome outcome;
    if (!findings_.drops.empty() || !findings_.hollow_tables.empty()) {
        SchemaChecker::apply(findings_, batch);
        outcome.rows_rejected = findings_.rejections.size() + findings_.rejected_untold;
        metrics.points_type_conflict.add(outcome.rows_rejected);
        move_bounded(findings_.rejections, rejections);
    }
    const std::uint64_t rows = batch.row_count();
    if (rows == 0) co_return outcome;
    const std::uint64_t values = batch.value_count();
    Result<storage::AppendReceipt> receipt = co_await stores.front()->append(batch);
    if (!receipt.ok()) {
        metrics.writes_failed.add();
        count_groups(batch, false);
        outcome.status = WriteStatus::kFailed;
        outcome.error = std::move(receipt).error();
        co_return outcome;
    }
    outcome.rows_written = rows;
    outcome.values_written = values;
    metrics.points_written.add(rows);
    metrics.values_written.add(values);
    count_groups(batch, true);
    co_return outcome;
}

}  // namespace sluice::engine
