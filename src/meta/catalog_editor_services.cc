// These are the rules that a change of continuous queries and subscriptions must keep.
#include <algorithm>

#include "meta/draft/catalog_draft.h"
#include "sluice/meta/catalog_editor.h"
#include "sluice/model/errors.h"

namespace sluice::meta {
namespace {

char lower_case(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
bool equal_but_for_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower_case, lower_case);
}

}  // namespace

Result<void> CatalogEditor::create_continuous_query(std::string_view database,
                                                    std::string_view name, std::string_view text) {
    const Database* owner = draft_->catalog().find_database(database);
    if (owner == nullptr) return model::database_not_found(database);
    for (const auto& query : owner->continuous_queries) {
        if (query->name != name) continue;
        if (equal_but_for_case(query->text, text)) return {};
        return Error{ErrorKind::kConflict, "continuous query already exists"};
    }
    draft_->create_continuous_query(database, name, text);
    return {};
}

void CatalogEditor::drop_continuous_query(std::string_view database, std::string_view name) {
    draft_->drop_continuous_query(database, name);
}

Result<void> CatalogEditor::create_subscription(std::string_view database, std::string_view policy,
                                                const Subscription& subscription) {
    for (const std::string& destination : subscription.destinations) {
        SLUICE_TRY_VOID(parse_destination(destination));
    }
    const Database* owner = draft_->catalog().find_database(database);
    if (owner == nullptr) return model::database_not_found(database);
    if (policy.empty() || owner->find_policy(policy) == nullptr)
        return model::retention_policy_not_found(policy);
    if (!draft_->create_subscription(database, policy, subscription)) {
        return Error{ErrorKind::kConflict, "subscription already exists"};
    }
    return {};
}

Result<void> CatalogEditor::drop_subscription(std::string_view database, std::string_view policy,
                                              std::string_view name) {
    const Database* owner = draft_->catalog().find_database(database);
    if (owner == nullptr) return model::database_not_found(database);
    if (policy.empty() || owner->find_policy(policy) == nullptr)
        return model::retention_policy_not_found(policy);
    if (!draft_->drop_subscription(database, policy, name)) {
        return Error{ErrorKind::kNotFound, "subscription not found"};
    }
    return {};
}

}  // namespace sluice::meta
