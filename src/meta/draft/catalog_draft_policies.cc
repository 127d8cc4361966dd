// This part of CatalogDraft makes, alters and drops retention policies.
#include "meta/draft/catalog_draft.h"
#include "sluice/meta/bucket.h"

namespace sluice::meta {

bool CatalogDraft::put_policy(std::string_view database, std::string_view policy,
                              std::int64_t duration_ns, std::int64_t shard_group_duration_ns,
                              std::uint32_t replica_n, bool make_default) {
    if (policy.empty() || duration_ns < 0 || shard_group_duration_ns <= 0) return false;
    Database* owner = own_database(database);
    if (owner == nullptr) return false;
    RetentionPolicy* target = own_policy(database, policy);
    if (target == nullptr) {
        auto fresh = std::make_shared<RetentionPolicy>();
        fresh->name = policy;
        fresh->bucket_id = bucket_id_of(database, policy);
        fresh->edit = edit_;
        target = fresh.get();
        owner->retention_policies.push_back(std::move(fresh));
    }
    target->duration_ns = duration_ns;
    target->shard_group_duration_ns = shard_group_duration_ns;
    target->replica_n = replica_n;
    if (make_default) owner->default_retention_policy = policy;
    if (!recording_) return true;
    record(CatalogOp::kPutPolicy);
    changes_.write_text(database);
    changes_.write_text(policy);
    changes_.write_varint(static_cast<std::uint64_t>(duration_ns));
    changes_.write_varint(static_cast<std::uint64_t>(shard_group_duration_ns));
    changes_.write_varint(replica_n);
    changes_.write(static_cast<std::uint8_t>(make_default ? 1 : 0));
    return true;
}

bool CatalogDraft::limit_writes(std::string_view database, std::string_view policy,
                                const model::WriteLimits& limits) {
    if (limits.past_ns < 0 || limits.future_ns < 0) return false;
    RetentionPolicy* const target = own_policy(database, policy);
    if (target == nullptr) return false;
    target->write_limits = limits;
    if (!recording_) return true;
    record(CatalogOp::kLimitWrites);
    changes_.write_text(database);
    changes_.write_text(policy);
    changes_.write_varint(static_cast<std::uint64_t>(limits.past_ns));
    changes_.write_varint(static_cast<std::uint64_t>(limits.future_ns));
    return true;
}

bool CatalogDraft::drop_policy(std::string_view database, std::string_view policy) {
    const Database* present = catalog_->find_database(database);
    if (present == nullptr || policy.empty()) return false;
    const RetentionPolicy* target = present->find_policy(policy);
    if (target == nullptr) return false;
    doom_all_groups(*target);
    forget_permissions(target->bucket_id);
    if (recording_) {
        record(CatalogOp::kDropPolicy);
        changes_.write_text(database);
        changes_.write_text(policy);
    }
    std::erase_if(own_database(database)->retention_policies,
                  [&](const auto& each) { return each.get() == target; });
    selected_policy_ = nullptr;
    removed_ = true;
    return true;
}

}  // namespace sluice::meta
