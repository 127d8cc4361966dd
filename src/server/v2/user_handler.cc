// /api/v2/users and /api/v2/me: the users of 1.x, which are the same.
#include <optional>

#include "server/v2/documents.h"
#include "server/v2/handlers.h"
#include "server/v2/new_password.h"
#include "server/v2/platform_bodies.h"
#include "sluice/meta/bucket.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

using meta::Privilege;

constexpr std::string_view kResource = "users";
// Who it is where nobody is asked, and there is no admin to speak for.
constexpr std::string_view kEverybody = "everybody";

void answer_user(PlatformCall& call, std::uint16_t status, std::string_view name) {
    answer_with(call, status, [name](Documents& documents) { documents.user(name); });
}

// An admin sees all users, others themselves; a token needs the permission for that.
bool may_see(PlatformCall& call, const meta::User& user) {
    return call.may_manage(Privilege::kRead, kResource, user_id_of(user.name)) ||
           call.principal().user() == &user;
}

io::Task<void> list_users(PlatformCall& call) {
    const std::string_view name = call.parameter("name");
    const std::string_view id = call.parameter("id");
    answer_list(call, kResource, [&](Documents& documents) {
        for (const auto& user : call.catalog().users) {
            if (!name.empty() && user->name != name) continue;
            if (!id.empty() && meta::parse_id(id) != user_id_of(user->name)) continue;
            if (may_see(call, *user)) documents.user(user->name);
        }
    });
    co_return;
}

// A new user has no password, so that nobody is that user, until it is set.
io::Task<void> create_user(PlatformCall& call) {
    const std::optional<NameBody> body = co_await call.read_body(&read_name_body);
    if (!body) co_return;
    if (!call.may_manage(Privilege::kWrite, kResource)) {
        co_return call.refuse_permission(Privilege::kWrite, kResource);
    }
    if (body->is_active == false) {
        co_return call.refuse(501, "a user is always active; drop it instead");
    }
    const std::string name = body->name.value_or("");
    if (name.empty()) co_return call.refuse(400, "user name is required");
    meta::CatalogChange change = [name](meta::CatalogEditor& editor) -> Result<void> {
        if (editor.catalog().find_user(name) != nullptr) {
            return Error{ErrorKind::kConflict, "user with name " + name + " already exists"};
        }
        return editor.create_user(name, kNoPasswordHash, false);
    };
    const bool done = co_await call.change("create user", name, std::move(change));
    if (done) answer_user(call, 201, name);
}

// The user of the path; where one may not do `wanted` with it, that has been answered.
const meta::User* named_user(PlatformCall& call, Privilege wanted) {
    const auto id = call.read_id();
    if (!id) return nullptr;
    const meta::User* const user = find_user_by_id(call.catalog(), *id);
    const bool may =
        call.may_manage(wanted, kResource, *id) ||
        (user != nullptr && wanted == Privilege::kRead && call.principal().user() == user);
    if (!may) {
        call.refuse_permission(wanted, kResource, *id);
        return nullptr;
    }
    if (user == nullptr) call.refuse(404, "user not found");
    return user;
}

io::Task<void> update_user(PlatformCall& call) {
    const std::optional<NameBody> body = co_await call.read_body(&read_name_body);
    if (!body) co_return;
    const meta::User* const user = named_user(call, Privilege::kWrite);
    if (user == nullptr) co_return;
    if (body->name && *body->name != user->name) {
        co_return call.refuse(422, "a user cannot be renamed");
    }
    if (body->is_active == false) {
        co_return call.refuse(501, "a user is always active; drop it instead");
    }
    answer_user(call, 200, user->name);
}

io::Task<void> delete_user(PlatformCall& call) {
    const meta::User* const user = named_user(call, Privilege::kWrite);
    if (user == nullptr) co_return;
    const std::string name = user->name;
    meta::CatalogChange change = [name](meta::CatalogEditor& editor) {
        return editor.drop_user(name);
    };
    const bool done = co_await call.change("delete user", name, std::move(change));
    if (done) call.answer_no_content();
}

io::Task<void> show_user(PlatformCall& call) {
    const meta::User* const user = named_user(call, Privilege::kRead);
    if (user != nullptr) answer_user(call, 200, user->name);
    co_return;
}

io::Task<void> show_me(PlatformCall& call) {
    if (const meta::User* const user = call.user()) co_return answer_user(call, 200, user->name);
    const meta::Token* const token = call.principal().token();
    if (token != nullptr) co_return answer_user(call, 200, meta::token_name(token->id));
    for (const auto& user : call.catalog().users) {
        if (user->is_admin) co_return answer_user(call, 200, user->name);
    }
    answer_user(call, 200, kEverybody);
}

// One's own by a session or a password, and with the permission for users that of others.
io::Task<void> set_password(PlatformCall& call) {
    const std::optional<PasswordBody> body = co_await call.read_body(&read_password_body);
    if (!body) co_return;
    const bool is_own = call.endpoint() == PlatformEndpoint::kMyPassword;
    const meta::User* user = call.principal().user();
    if (!is_own) {
        const auto id = meta::parse_id(call.id());
        const meta::User* const named = find_user_by_id(call.catalog(), id.value_or(0));
        const bool is_oneself = user != nullptr && user == named;
        user = is_oneself ? named : named_user(call, Privilege::kWrite);
        if (user == nullptr) co_return;
    }
    if (user == nullptr) co_return call.refuse(403, "nobody has signed in");
    const std::string name = user->name;
    const std::optional<std::string> hash = co_await hash_new_password(call, body->password);
    if (!hash) co_return;
    const std::string stored = *hash;
    meta::CatalogChange change = [name, stored](meta::CatalogEditor& editor) {
        return editor.set_password(name, stored);
    };
    const bool done = co_await call.change("set password", name, std::move(change));
    if (done) call.answer_no_content();
}

}  // namespace

io::Task<void> handle_users(PlatformCall& call) {
    switch (call.endpoint()) {
        case PlatformEndpoint::kMe:
            return show_me(call);
        case PlatformEndpoint::kMyPassword:
        case PlatformEndpoint::kPassword:
            return set_password(call);
        case PlatformEndpoint::kUsers:
            return call.method() == http::Method::kPost ? create_user(call) : list_users(call);
        default:
            break;
    }
    if (call.method() == http::Method::kPatch) return update_user(call);
    if (call.method() == http::Method::kDelete) return delete_user(call);
    return show_user(call);
}

}  // namespace sluice::server
