// InfluxDB's rules for statements about databases, policies and groups; a draft carries them out.
#include "sluice/meta/catalog_editor.h"

#include <algorithm>
#include <set>

#include "meta/draft/catalog_draft.h"
#include "sluice/base/check.h"
#include "sluice/model/errors.h"

namespace sluice::meta {
namespace {

// The sentences are those of services/meta/errors.go.
Error invalid_name() {
    return {ErrorKind::kInvalid, "invalid name"};
}
Error name_too_long() {
    return {ErrorKind::kInvalid, "name too long"};
}
Error conflicts_with_existing() {
    return {ErrorKind::kConflict, "retention policy conflicts with an existing policy"};
}
Error duration_too_low() {
    return {ErrorKind::kInvalid, "retention policy duration must be at least 1h0m0s"};
}
Error incompatible_durations() {
    return {ErrorKind::kInvalid,
            "retention policy duration must be greater than the shard duration"};
}

bool is_too_low(const std::optional<std::int64_t>& duration_ns) {
    return duration_ns.has_value() && *duration_ns != 0 && *duration_ns < kPolicyDurationMinNs;
}

// `limits` with what a statement says of them.
template <typename Said>
model::WriteLimits merged(model::WriteLimits limits, const Said& said) {
    limits.past_ns = said.past_limit_ns.value_or(limits.past_ns);
    limits.future_ns = said.future_limit_ns.value_or(limits.future_ns);
    return limits;
}

// RetentionPolicySpec.Matches of InfluxDB: what was asked for agrees with what is there.
bool matches(const RetentionPolicySpec& spec, const RetentionPolicy* policy) {
    if (policy == nullptr) return false;
    if (!spec.name.empty() && spec.name != policy->name) return false;
    if (spec.duration_ns.has_value() && *spec.duration_ns != policy->duration_ns) return false;
    if (spec.replica_n.has_value() && *spec.replica_n != policy->replica_n) return false;
    if (merged(policy->write_limits, spec) != policy->write_limits) return false;
    return shard_group_duration_for(spec.shard_group_duration_ns, policy->duration_ns) ==
           policy->shard_group_duration_ns;
}

// What the spec makes of the default policy (DefaultRetentionPolicyInfo().Apply).
RetentionPolicy policy_of(const RetentionPolicySpec& spec) {
    RetentionPolicy policy;
    policy.name = spec.name.empty() ? std::string(kDefaultPolicyName) : spec.name;
    policy.duration_ns = spec.duration_ns.value_or(0);
    policy.replica_n = spec.replica_n.value_or(1);
    policy.shard_group_duration_ns =
        shard_group_duration_for(spec.shard_group_duration_ns, policy.duration_ns);
    policy.write_limits = merged(policy.write_limits, spec);
    return policy;
}

// What InfluxDB checks of a policy before it looks for its database.
Result<void> check_policy(const RetentionPolicy& policy) {
    if (policy.name.size() > kNameBytesMax) return name_too_long();
    if (policy.replica_n < 1) {
        return Error{ErrorKind::kInvalid, "replication factor must be greater than 0"};
    }
    if (policy.duration_ns > 0 && policy.duration_ns < policy.shard_group_duration_ns) {
        return incompatible_durations();
    }
    if (policy.write_limits.past_ns < 0 || policy.write_limits.future_ns < 0) {
        return Error{ErrorKind::kInvalid, "negative write limit"};
    }
    return {};
}

}  // namespace

CatalogEditor::CatalogEditor(const Catalog& base) : draft_(std::make_unique<CatalogDraft>(base)) {}
CatalogEditor::~CatalogEditor() = default;

ByteSpan CatalogEditor::changes() const {
    return draft_->changes();
}

const Catalog& CatalogEditor::catalog() const {
    return draft_->catalog();
}

std::shared_ptr<const Catalog> CatalogEditor::finish() && {
    return draft_->finish();
}

// A database that is there already is no error, as long as the statement says nothing that
// contradicts it: clients send CREATE DATABASE at every start.
Result<void> CatalogEditor::create_database(std::string_view name,
                                            const std::optional<RetentionPolicySpec>& policy) {
    if (!is_valid_name(name)) return invalid_name();
    if (policy.has_value() && !policy->name.empty() && !is_valid_name(policy->name)) {
        return invalid_name();
    }
    if (policy.has_value() && is_too_low(policy->duration_ns)) return duration_too_low();
    const Database* present = draft_->catalog().find_database(name);
    if (present == nullptr && name.size() > kNameBytesMax) return name_too_long();
    if (!policy.has_value() && present != nullptr) return {};

    const RetentionPolicySpec spec = policy.value_or(RetentionPolicySpec{});
    const RetentionPolicy wanted = policy_of(spec);
    if (present == nullptr || present->retention_policies.empty()) {
        SLUICE_TRY_VOID(check_policy(wanted));
        if (present == nullptr) draft_->create_database(name, wanted.name);
        draft_->put_policy(name, wanted.name, wanted.duration_ns, wanted.shard_group_duration_ns,
                           wanted.replica_n, true);
        limit_writes(name, wanted);
        return {};
    }
    // The statement may only repeat what made the default policy.
    if (!matches(spec, present->find_policy(wanted.name)) ||
        present->default_retention_policy != wanted.name) {
        return conflicts_with_existing();
    }
    return {};
}

// Only where there are limits: a catalog without them is as earlier versions read it.
void CatalogEditor::limit_writes(std::string_view database, const RetentionPolicy& policy) {
    if (policy.write_limits.any()) {
        draft_->limit_writes(database, policy.name, policy.write_limits);
    }
}

void CatalogEditor::drop_database(std::string_view name) {
    draft_->drop_database(name);
}

// The order of the checks is InfluxDB's: the policy by itself first, then its database. Repeating a
// statement is no error, changing a policy by one is; write limits are not compared, as in
// InfluxDB.
Result<void> CatalogEditor::create_retention_policy(std::string_view database,
                                                    const RetentionPolicySpec& policy,
                                                    bool make_default) {
    if (!is_valid_name(policy.name)) return invalid_name();
    if (is_too_low(policy.duration_ns)) return duration_too_low();
    const RetentionPolicy wanted = policy_of(policy);
    SLUICE_TRY_VOID(check_policy(wanted));
    const Database* owner = draft_->catalog().find_database(database);
    if (owner == nullptr) return model::database_not_found(database);
    const RetentionPolicy* present = owner->find_policy(wanted.name);
    if (present == nullptr) {
        draft_->put_policy(database, wanted.name, wanted.duration_ns,
                           wanted.shard_group_duration_ns, wanted.replica_n, make_default);
        limit_writes(database, wanted);
        return {};
    }
    if (present->replica_n != wanted.replica_n || present->duration_ns != wanted.duration_ns ||
        present->shard_group_duration_ns != wanted.shard_group_duration_ns) {
        return Error{ErrorKind::kConflict, "retention policy already exists"};
    }
    if (make_default && owner->default_retention_policy != wanted.name) {
        return conflicts_with_existing();
    }
    return {};
}

Result<void> CatalogEditor::alter_retention_policy(std::string_view database,
                                                   std::string_view policy,
                                                   const RetentionPolicyUpdate& update,
                                                   bool make_default) {
    const Database* owner = draft_->catalog().find_database(database);
    if (owner == nullptr) return model::database_not_found(database);
    const RetentionPolicy* present = policy.empty() ? nullptr : owner->find_policy(policy);
    if (present == nullptr) return model::retention_policy_not_found(policy);
    if (is_too_low(update.duration_ns)) return duration_too_low();
    // The shard duration is compared as it was written, before it is rounded up: as InfluxDB does.
    const std::int64_t duration = update.duration_ns.value_or(present->duration_ns);
    const std::int64_t asked_group =
        update.shard_group_duration_ns.value_or(present->shard_group_duration_ns);
    const bool says_duration =
        update.duration_ns.has_value() || update.shard_group_duration_ns.has_value();
    if (says_duration && duration > 0 && duration < asked_group) return incompatible_durations();
    const std::int64_t group_duration =
        update.shard_group_duration_ns.has_value()
            ? shard_group_duration_for(*update.shard_group_duration_ns, duration)
            : present->shard_group_duration_ns;
    const std::uint32_t replica_n = update.replica_n.value_or(present->replica_n);
    const bool becomes_default = make_default && owner->default_retention_policy != policy;
    const model::WriteLimits limits = merged(present->write_limits, update);
    const bool limits_change = limits != present->write_limits;
    if (duration != present->duration_ns || group_duration != present->shard_group_duration_ns ||
        replica_n != present->replica_n || becomes_default) {
        draft_->put_policy(database, policy, duration, group_duration, replica_n, becomes_default);
    }
    if (limits_change) draft_->limit_writes(database, policy, limits);
    return {};
}

void CatalogEditor::drop_retention_policy(std::string_view database, std::string_view policy) {
    draft_->drop_policy(database, policy);
}

Result<void> CatalogEditor::ensure_names(const NamesWanted& wanted) {
    const Database* owner = draft_->catalog().find_database(wanted.database);
    if (owner == nullptr) return model::database_not_found(wanted.database);
    const std::string policy_name = wanted.retention_policy;
    if (policy_name.empty() || owner->find_policy(policy_name) == nullptr) {
        return model::retention_policy_not_found(policy_name);
    }
    if (wanted.groups.size() > 1) make_groups(wanted);
    // From the earliest on: a group shares its schemas with the one before it.
    std::vector<const GroupWanted*> groups;
    for (const GroupWanted& each : wanted.groups) groups.push_back(&each);
    std::ranges::stable_sort(groups, {}, &GroupWanted::time);
    for (const GroupWanted* group : groups) {
        // Looked up anew each time: making a group replaces the nodes above it.
        const RetentionPolicy* policy =
            draft_->catalog().find_database(wanted.database)->find_policy(policy_name);
        ensure_group(wanted, *policy, *group);
    }
    return {};
}

// All groups that are not there, numbered in the order in which they are wanted. One by one, each
// would cost time by the groups that the policy has.
void CatalogEditor::make_groups(const NamesWanted& wanted) {
    const RetentionPolicy& policy =
        *draft_->catalog().find_database(wanted.database)->find_policy(wanted.retention_policy);
    std::set<model::Timestamp> begins;
    std::vector<model::ShardSlot> fresh;
    for (const GroupWanted& group : wanted.groups) {
        if (group.group != 0 || policy.group_at(group.time) != nullptr) continue;
        model::ShardSlot slot = model::ShardMap::find_in(
            policy.shard_slots, policy.shard_group_duration_ns, group.time);
        if (!begins.insert(slot.range.begin).second) continue;
        slot.group = draft_->catalog().last_group_id + fresh.size() + 1;
        fresh.push_back(slot);
    }
    const bool added = draft_->add_groups(wanted.database, wanted.retention_policy, fresh);
    SLUICE_CHECK(added);
}

void CatalogEditor::ensure_group(const NamesWanted& wanted, const RetentionPolicy& policy,
                                 const GroupWanted& group) {
    const ShardGroup* present = policy.group_at(group.time);
    if (group.group != 0 && (present == nullptr || present->id != group.group)) return;
    bool selected = false;
    if (present == nullptr) {
        const model::ShardSlot slot = model::ShardMap::find_in(
            policy.shard_slots, policy.shard_group_duration_ns, group.time);
        selected = draft_->add_group(wanted.database, wanted.retention_policy,
                                     draft_->catalog().last_group_id + 1, slot.range);
        SLUICE_CHECK(selected);
    }
    const model::Timestamp begin = present == nullptr ? group.time : present->range.begin;
    const model::ShardGroupId id =
        present == nullptr ? draft_->catalog().last_group_id : present->id;
    std::vector<Field> missing;
    for (const MeasurementWanted& measurement : group.measurements) {
        const MeasurementSchema* schema = draft_->catalog()
                                              .find_database(wanted.database)
                                              ->find_policy(wanted.retention_policy)
                                              ->group_at(group.time)
                                              ->measurements.find(measurement.name);
        missing.clear();
        for (const Field& field : measurement.fields) {
            const bool known = schema != nullptr && schema->find_field(field.name) != nullptr;
            if (!known) missing.push_back(field);
        }
        if (missing.empty()) continue;
        if (!selected) {
            selected = draft_->select_group(wanted.database, wanted.retention_policy, id, begin);
            SLUICE_CHECK(selected);
        }
        const bool added = draft_->add_fields(measurement.name, missing);
        SLUICE_CHECK(added);
    }
}

void CatalogEditor::expire_groups(std::span<const ExpiredGroup> groups) {
    for (const ExpiredGroup& group : groups) {
        draft_->remove_group(group.database, group.retention_policy, group.group,
                             group.range.begin);
    }
}

Result<void> CatalogEditor::add_tombstone(std::string_view database, model::Tombstone tombstone) {
    const Database* owner = draft_->catalog().find_database(database);
    if (owner == nullptr) return model::database_not_found(database);
    if (!tombstone.policy.empty() && owner->find_policy(tombstone.policy) == nullptr) {
        return model::retention_policy_not_found(tombstone.policy);
    }
    // Every query looks at all of its database's; compaction takes them away.
    constexpr std::size_t kTombstonesMax = 16 * 1024;
    if (owner->tombstones.size() >= kTombstonesMax) {
        return Error{ErrorKind::kBusy,
                     "too many deletes wait for compaction: come again in a minute"};
    }
    tombstone.last_group = draft_->catalog().last_group_id;
    const bool added = draft_->add_tombstone(database, std::move(tombstone));
    SLUICE_CHECK(added);
    return {};
}

void CatalogEditor::remove_measurement(std::string_view database, std::string_view measurement) {
    draft_->remove_measurement(database, measurement);
}

void CatalogEditor::drop_group(model::ShardGroupId group) {
    for (const auto& database : draft_->catalog().databases) {
        for (const auto& policy : database->retention_policies) {
            for (const model::ShardSlot& slot : policy->shard_slots) {
                if (slot.group != group) continue;
                // The names live in nodes that the removal replaces.
                const std::string owner = database->name;
                const std::string name = policy->name;
                draft_->remove_group(owner, name, group, slot.range.begin);
                return;
            }
        }
    }
}

void CatalogEditor::forget_tombstones(std::span<const std::uint64_t> sequences) {
    if (!sequences.empty()) draft_->forget_tombstones(sequences);
}

void CatalogEditor::forget_doomed(std::span<const model::ShardGroupId> groups) {
    if (!groups.empty()) draft_->forget_doomed(groups);
}

void CatalogEditor::raise_group_id(model::ShardGroupId id) {
    if (id > draft_->catalog().last_group_id) draft_->raise_group_id(id);
}

}  // namespace sluice::meta
