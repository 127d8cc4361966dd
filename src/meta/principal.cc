#include "sluice/meta/principal.h"

#include <algorithm>

#include "sluice/meta/bucket.h"

namespace sluice::meta {

std::string token_name(std::uint64_t id) {
    return "token:" + id_text(id);
}

// Tokens go with the user who made them. Only damage can leave one whose user is lost, and then
// nothing bounds it any more: it belongs to nobody until somebody drops it.
Principal::Principal(const Catalog& catalog, const Token* token)
    : catalog_(&catalog), owner_(token->user.empty() ? nullptr : catalog.find_user(token->user)) {
    if (token->user.empty() || owner_ != nullptr) token_ = token;
}

// Asked anew for each request, with the catalog of that moment: a token that was switched off, or a
// user who was dropped, is nobody from then on.
Principal Principal::of(const Catalog& catalog, std::string_view user, std::uint64_t token) {
    if (token != 0) {
        const Token* const found = catalog.find_token(token);
        return found != nullptr && found->is_active ? Principal(catalog, found) : Principal();
    }
    return user.empty() ? Principal() : Principal(catalog, catalog.find_user(user));
}

std::string Principal::name() const {
    if (user_ != nullptr) return user_->name;
    return token_ != nullptr ? token_name(token_->id) : std::string();
}

// Both have to be: a token of a user who was an admin once gives no more than that user has now.
bool Principal::is_admin() const {
    if (user_ != nullptr) return user_->is_admin;
    return token_ != nullptr && token_->is_admin() && (owner_ == nullptr || owner_->is_admin);
}

// A token needs each bit of what is wanted, since its permissions for reading and for writing are
// separate. A policy that is not there has the id 0, which only a permission for all buckets
// covers.
bool Principal::may(Privilege wanted, std::string_view database, std::string_view policy) const {
    if (user_ != nullptr) return user_->may(wanted, database);
    if (token_ == nullptr) return false;
    if (owner_ != nullptr && !owner_->may(wanted, database)) return false;
    const Database* const owner = catalog_->find_database(database);
    const RetentionPolicy* const found = owner == nullptr ? nullptr : owner->find_policy(policy);
    const std::uint64_t id = found == nullptr ? 0 : found->bucket_id;
    return std::ranges::all_of(
        std::initializer_list<Privilege>{Privilege::kRead, Privilege::kWrite}, [&](Privilege each) {
            return !includes(wanted, each) || token_->permits(each, kBucketResource, id);
        });
}

// A user's privilege is on the database as a whole. For a database without policies only a
// permission for all buckets counts.
bool Principal::may_on_all(Privilege wanted, std::string_view database) const {
    if (user_ != nullptr) return user_->may(wanted, database);
    const Database* const owner = catalog_ == nullptr ? nullptr : catalog_->find_database(database);
    if (owner == nullptr || owner->retention_policies.empty()) return may(wanted, database, {});
    return std::ranges::all_of(owner->retention_policies, [&](const auto& policy) {
        return may(wanted, database, policy->name);
    });
}

bool Principal::may_on_one(Privilege wanted, std::string_view database) const {
    if (user_ != nullptr) return user_->may(wanted, database);
    const Database* const owner = catalog_ == nullptr ? nullptr : catalog_->find_database(database);
    if (owner == nullptr || owner->retention_policies.empty()) return may(wanted, database, {});
    return std::ranges::any_of(owner->retention_policies, [&](const auto& policy) {
        return may(wanted, database, policy->name);
    });
}

bool Principal::may_see(std::string_view database) const {
    const auto may_something = [&](std::string_view policy) {
        return may(Privilege::kRead, database, policy) || may(Privilege::kWrite, database, policy);
    };
    if (user_ != nullptr || catalog_ == nullptr) return may_something({});
    const Database* const owner = catalog_->find_database(database);
    if (owner == nullptr) return false;
    return std::ranges::any_of(owner->retention_policies,
                               [&](const auto& policy) { return may_something(policy->name); });
}

// Users of 1.x have no such rights unless they are admins.
bool Principal::may_manage(Privilege wanted, std::string_view type, std::uint64_t id) const {
    if (is_admin()) return true;
    return token_ != nullptr && (owner_ == nullptr || owner_->is_admin) &&
           token_->permits(wanted, type, id);
}

}  // namespace sluice::meta
