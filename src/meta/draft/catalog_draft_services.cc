// These are the changes of a catalog to what the server does by itself: continuous queries and
// subscriptions.
#include <algorithm>

#include "meta/draft/catalog_draft.h"

namespace sluice::meta {
namespace {

template <typename T>
bool contains(const std::vector<std::shared_ptr<const T>>& list, std::string_view name) {
    return std::ranges::any_of(list, [name](const auto& each) { return each->name == name; });
}

template <typename T>
void remove(std::vector<std::shared_ptr<const T>>& list, std::string_view name) {
    std::erase_if(list, [name](const auto& each) { return each->name == name; });
}

}  // namespace

bool CatalogDraft::create_continuous_query(std::string_view database, std::string_view name,
                                           std::string_view text) {
    Database* owner = own_database(database);
    if (owner == nullptr || contains(owner->continuous_queries, name)) return false;
    owner->continuous_queries.push_back(std::make_shared<const ContinuousQuery>(
        ContinuousQuery{std::string(name), std::string(text)}));
    if (!recording_) return true;
    record(CatalogOp::kCreateContinuousQuery);
    changes_.write_text(database);
    changes_.write_text(name);
    changes_.write_text(text);
    return true;
}

bool CatalogDraft::drop_continuous_query(std::string_view database, std::string_view name) {
    Database* owner = own_database(database);
    if (owner == nullptr || !contains(owner->continuous_queries, name)) return false;
    if (recording_) {
        record(CatalogOp::kDropContinuousQuery);
        changes_.write_text(database);
        changes_.write_text(name);
    }
    remove(owner->continuous_queries, name);
    return true;
}

bool CatalogDraft::create_subscription(std::string_view database, std::string_view policy,
                                       Subscription subscription) {
    RetentionPolicy* owner = own_policy(database, policy);
    if (owner == nullptr || contains(owner->subscriptions, subscription.name)) return false;
    auto& added = owner->subscriptions.emplace_back(
        std::make_shared<const Subscription>(std::move(subscription)));
    if (!recording_) return true;
    record(CatalogOp::kCreateSubscription);
    changes_.write_text(database);
    changes_.write_text(policy);
    changes_.write_text(added->name);
    changes_.write(static_cast<std::uint8_t>(added->mode));
    changes_.write_varint(added->destinations.size());
    for (const std::string& destination : added->destinations) changes_.write_text(destination);
    return true;
}

bool CatalogDraft::drop_subscription(std::string_view database, std::string_view policy,
                                     std::string_view name) {
    RetentionPolicy* owner = own_policy(database, policy);
    if (owner == nullptr || !contains(owner->subscriptions, name)) return false;
    if (recording_) {
        record(CatalogOp::kDropSubscription);
        changes_.write_text(database);
        changes_.write_text(policy);
        changes_.write_text(name);
    }
    remove(owner->subscriptions, name);
    return true;
}

}  // namespace sluice::meta
