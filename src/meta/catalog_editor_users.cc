// The rules of users and their privileges.
#include "meta/draft/catalog_draft.h"
#include "sluice/meta/catalog_editor.h"
#include "sluice/model/errors.h"

namespace sluice::meta {

using model::database_not_found;
using model::user_not_found;

Result<void> CatalogEditor::create_user(std::string_view name, std::string_view password_hash,
                                        bool is_admin) {
    if (name.empty()) return model::user_name_required();
    if (!draft_->create_user(name, password_hash, is_admin)) {
        return model::user_exists();
    }
    return {};
}

Result<void> CatalogEditor::drop_user(std::string_view name) {
    if (!draft_->drop_user(name)) return user_not_found();
    return {};
}

Result<void> CatalogEditor::set_password(std::string_view user, std::string_view password_hash) {
    if (!draft_->set_password(user, password_hash)) return user_not_found();
    return {};
}

Result<void> CatalogEditor::set_admin(std::string_view user, bool is_admin) {
    const User* present = draft_->catalog().find_user(user);
    if (present == nullptr) return user_not_found();
    if (present->is_admin != is_admin) draft_->set_admin(user, is_admin);
    return {};
}

Result<void> CatalogEditor::grant(std::string_view user, std::string_view database,
                                  Privilege privilege) {
    if (draft_->catalog().find_user(user) == nullptr) return user_not_found();
    if (!draft_->set_privilege(user, database, privilege)) return database_not_found(database);
    return {};
}

Result<void> CatalogEditor::revoke(std::string_view user, std::string_view database,
                                   Privilege privilege) {
    const User* present = draft_->catalog().find_user(user);
    if (present == nullptr) return user_not_found();
    return grant(user, database, without(present->privilege_on(database), privilege));
}

}  // namespace sluice::meta
