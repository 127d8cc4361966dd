// These are the rules of tokens, of what is said about buckets, and of the organisation.
#include "meta/draft/catalog_draft.h"
#include "sluice/meta/bucket.h"
#include "sluice/meta/catalog_editor.h"
#include "sluice/model/errors.h"

namespace sluice::meta {
namespace {

Error token_not_found() {
    return {ErrorKind::kNotFound, "authorization not found"};
}

}  // namespace

Result<void> CatalogEditor::create_token(Token token) {
    const Catalog& catalog = draft_->catalog();
    if (!token.user.empty() && catalog.find_user(token.user) == nullptr) {
        return model::user_not_found();
    }
    if (catalog.tokens.size() >= kTokensMax) {
        return Error{ErrorKind::kTooLarge, "there are " + std::to_string(kTokensMax) +
                                               " tokens, and no more may be made"};
    }
    for (const Permission& each : token.permissions) {
        if (each.type != kBucketResource || each.id == 0) continue;
        if (find_bucket(catalog, each.id)) continue;
        return Error{ErrorKind::kNotFound, "bucket \"" + id_text(each.id) + "\" not found"};
    }
    if (!draft_->create_token(std::move(token))) {
        return Error{ErrorKind::kConflict, "token already exists"};
    }
    return {};
}

Result<void> CatalogEditor::alter_token(std::uint64_t id,
                                        const std::optional<std::string>& description,
                                        const std::optional<bool>& is_active, std::int64_t now_ns) {
    const Token* const token = draft_->catalog().find_token(id);
    if (token == nullptr) return token_not_found();
    const std::string text = description.value_or(token->description);
    draft_->alter_token(id, text, is_active.value_or(token->is_active), now_ns);
    return {};
}

Result<void> CatalogEditor::drop_token(std::uint64_t id) {
    if (!draft_->drop_token(id)) return token_not_found();
    return {};
}

Result<void> CatalogEditor::describe_bucket(std::string_view database, std::string_view policy,
                                            const BucketFacts& facts) {
    const Database* const owner = draft_->catalog().find_database(database);
    if (owner == nullptr) return model::database_not_found(database);
    if (!draft_->describe_bucket(database, policy, facts)) {
        return model::retention_policy_not_found(policy);
    }
    return {};
}

Result<void> CatalogEditor::name_organization(const Organization& organization) {
    if (!draft_->name_organization(organization)) {
        return Error{ErrorKind::kInvalid, "an organization needs a name"};
    }
    return {};
}

}  // namespace sluice::meta
