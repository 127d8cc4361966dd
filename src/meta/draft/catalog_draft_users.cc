// These are the changes of a catalog to its users.
#include <algorithm>

#include "meta/draft/catalog_draft.h"

namespace sluice::meta {

User* CatalogDraft::own_user(std::string_view name) {
    for (auto& user : catalog_->users) {
        if (user->name == name) return &own(user, edit_);
    }
    return nullptr;
}

bool CatalogDraft::create_user(std::string_view name, std::string_view password_hash,
                               bool is_admin) {
    if (name.empty() || catalog_->find_user(name) != nullptr) return false;
    auto user = std::make_shared<User>();
    user->name = name;
    user->password_hash = password_hash;
    user->is_admin = is_admin;
    user->edit = edit_;
    catalog_->users.push_back(std::move(user));
    if (!recording_) return true;
    record(CatalogOp::kCreateUser);
    changes_.write_text(name);
    changes_.write_text(password_hash);
    changes_.write(static_cast<std::uint8_t>(is_admin ? 1 : 0));
    return true;
}

bool CatalogDraft::drop_user(std::string_view name) {
    const User* present = catalog_->find_user(name);
    if (present == nullptr) return false;
    if (recording_) {
        record(CatalogOp::kDropUser);
        changes_.write_text(name);
    }
    forget_tokens_of(name);
    std::erase_if(catalog_->users, [&](const auto& each) { return each.get() == present; });
    return true;
}

bool CatalogDraft::set_password(std::string_view user, std::string_view password_hash) {
    User* target = own_user(user);
    if (target == nullptr) return false;
    target->password_hash = password_hash;
    if (!recording_) return true;
    record(CatalogOp::kSetPassword);
    changes_.write_text(user);
    changes_.write_text(password_hash);
    return true;
}

bool CatalogDraft::set_admin(std::string_view user, bool is_admin) {
    User* target = own_user(user);
    if (target == nullptr) return false;
    target->is_admin = is_admin;
    if (!recording_) return true;
    record(CatalogOp::kSetAdmin);
    changes_.write_text(user);
    changes_.write(static_cast<std::uint8_t>(is_admin ? 1 : 0));
    return true;
}

bool CatalogDraft::set_privilege(std::string_view user, std::string_view database,
                                 Privilege privilege) {
    if (catalog_->find_database(database) == nullptr) return false;
    User* target = own_user(user);
    if (target == nullptr) return false;
    auto& privileges = target->privileges;
    const auto at =
        std::ranges::lower_bound(privileges, database, {}, &DatabasePrivilege::database);
    if (at != privileges.end() && at->database == database) {
        at->privilege = privilege;
    } else {
        privileges.insert(at, DatabasePrivilege{std::string(database), privilege});
    }
    if (!recording_) return true;
    record(CatalogOp::kSetPrivilege);
    changes_.write_text(user);
    changes_.write_text(database);
    changes_.write(static_cast<std::uint8_t>(privilege));
    return true;
}

// A database of the same name that is made later is another one.
void CatalogDraft::forget_privileges(std::string_view database) {
    const auto is_on = [database](const DatabasePrivilege& each) {
        return each.database == database;
    };
    for (auto& user : catalog_->users) {
        if (!std::ranges::any_of(user->privileges, is_on)) continue;
        std::erase_if(own(user, edit_).privileges, is_on);
    }
}

}  // namespace sluice::meta
