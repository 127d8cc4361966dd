#include "query/statements/define_databases.h"

namespace sluice::query {
namespace {

using namespace influxql;

// Kept because clients ask for it. There is one copy of everything here.
std::optional<std::uint32_t> as_replication(const std::optional<std::int64_t>& value) {
    if (!value) return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

template <typename Said, typename Policy>
void set_limits(const Said& said, Policy& policy) {
    policy.past_limit_ns = said.past_limit_ns;
    policy.future_limit_ns = said.future_limit_ns;
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, CreateDatabaseStatement create) {
    std::optional<meta::RetentionPolicySpec> policy;
    if (create.with_policy) {
        policy.emplace();
        policy->name = create.policy_name;
        policy->duration_ns = create.duration_ns;
        policy->replica_n = as_replication(create.replication);
        policy->shard_group_duration_ns = create.shard_duration_ns;
        set_limits(create, *policy);
    }
    return context.source.create_database(std::move(create.name), std::move(policy));
}

io::Task<Result<void>> execute(StatementContext& context, DropDatabaseStatement drop) {
    return context.source.drop_database(std::move(drop.name));
}

io::Task<Result<void>> execute(StatementContext& context, CreateRetentionPolicyStatement create) {
    meta::RetentionPolicySpec policy;
    policy.name = std::move(create.name);
    policy.duration_ns = create.duration_ns;
    policy.replica_n = static_cast<std::uint32_t>(create.replication);
    policy.shard_group_duration_ns = create.shard_duration_ns;
    set_limits(create, policy);
    return context.source.create_retention_policy(std::move(create.database), std::move(policy),
                                                  create.is_default);
}

io::Task<Result<void>> execute(StatementContext& context, AlterRetentionPolicyStatement alter) {
    meta::RetentionPolicyUpdate update;
    update.duration_ns = alter.duration_ns;
    update.replica_n = as_replication(alter.replication);
    update.shard_group_duration_ns = alter.shard_duration_ns;
    set_limits(alter, update);
    return context.source.alter_retention_policy(std::move(alter.database), std::move(alter.name),
                                                 update, alter.is_default);
}

io::Task<Result<void>> execute(StatementContext& context, DropRetentionPolicyStatement drop) {
    return context.source.drop_retention_policy(std::move(drop.database), std::move(drop.name));
}

}  // namespace sluice::query
