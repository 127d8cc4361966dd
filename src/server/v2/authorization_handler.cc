// /api/v2/authorizations: tokens. The text of one is in the answer that made it and nowhere else.
#include <algorithm>
#include <optional>

#include "server/services/organization.h"
#include "server/v2/documents.h"
#include "server/v2/handlers.h"
#include "server/v2/platform_bodies.h"
#include "sluice/meta/bucket.h"

namespace sluice::server {
namespace {

using meta::Permission;
using meta::Privilege;
using meta::Token;

constexpr std::string_view kResource = "authorizations";
constexpr std::size_t kDescriptionBytesMax = 4096;

// One's own tokens, and with the permission for all of them those of others.
bool may_touch(PlatformCall& call, Privilege wanted, const Token& token) {
    if (call.may_manage(wanted, kResource, token.id)) return true;
    const meta::Principal who = call.principal();
    return who.user() != nullptr && token.user == who.user()->name;
}

void answer_token(PlatformCall& call, std::uint16_t status, const Token& token,
                  std::string_view text) {
    answer_with(call, status,
                [&](Documents& documents) { documents.token(call.catalog(), token, text); });
}

// A token's text can be looked for though nobody keeps it: its code is computed and compared.
bool is_chosen(PlatformCall& call, const Token& token) {
    const std::string_view user = call.parameter("user");
    const std::string_view user_id = call.parameter("userID");
    const std::string_view text = call.parameter("token");
    if (!user.empty() && token.user != user) return false;
    if (!user_id.empty() && meta::parse_id(user_id) != user_id_of(token.user)) return false;
    return text.empty() || token.code == meta::token_code_of(text);
}

io::Task<void> list_tokens(PlatformCall& call) {
    if (!organization_fits(call, call.parameter("org"), call.parameter("orgID"))) co_return;
    answer_list(call, kResource, [&call](Documents& documents) {
        for (const auto& token : call.catalog().tokens) {
            if (!is_chosen(call, *token) || !may_touch(call, Privilege::kRead, *token)) continue;
            documents.token(call.catalog(), *token, {});
        }
    });
}

// kNotFound: the bucket, by id or name.
Result<Permission> permission_of(PlatformCall& call, const PermissionBody& body) {
    Permission permission{body.privilege, body.type, 0};
    const auto id = meta::parse_id(body.id);
    if (!body.id.empty() && !id) {
        return Error{ErrorKind::kInvalid, "id must have a length of 16 bytes"};
    }
    if (id) permission.id = *id;
    if (body.type != meta::kBucketResource) {
        // There is one organisation, so a permission for it is one for all.
        if (body.type == "orgs" && permission.id == kOrganizationId) permission.id = 0;
        return permission;
    }
    if (permission.id != 0 && !meta::find_bucket(call.catalog(), permission.id)) {
        return Error{ErrorKind::kNotFound, "bucket \"" + body.id + "\" not found"};
    }
    if (permission.id == 0 && !body.name.empty()) {
        const auto bucket = meta::find_bucket_named(call.catalog(), body.name);
        if (!bucket) {
            return Error{ErrorKind::kNotFound, "bucket \"" + body.name + "\" not found"};
        }
        permission.id = bucket->policy->bucket_id;
    }
    return permission;
}

// Nobody gives what they do not have.
bool may_give(PlatformCall& call, const Permission& permission) {
    if (call.is_admin()) return true;
    if (permission.type != meta::kBucketResource || permission.id == 0) {
        return call.may_manage(permission.privilege, permission.type, permission.id);
    }
    const auto bucket = meta::find_bucket(call.catalog(), permission.id);
    return bucket && call.may(permission.privilege, bucket->database->name, bucket->policy->name);
}

// Whether the caller may make tokens at all, and all of this one.
bool may_make(PlatformCall& call, const Token& token, const meta::User* owner) {
    const meta::Principal who = call.principal();
    const bool makes_own = who.user() != nullptr && owner == who.user();
    if (!makes_own && !call.may_manage(Privilege::kWrite, kResource)) {
        call.refuse_permission(Privilege::kWrite, kResource);
        return false;
    }
    for (const Permission& each : token.permissions) {
        if (may_give(call, each)) continue;
        call.refuse(403, "permission " +
                             std::string(each.privilege == Privilege::kRead ? "read:" : "write:") +
                             each.type + " is not allowed");
        return false;
    }
    return true;
}

// The text is drawn here and leaves with the answer; the catalog, its log and this server's log get
// the code and the id only.
io::Task<void> create_token(PlatformCall& call) {
    const std::optional<TokenBody> body = co_await call.read_body(&read_token_body);
    if (!body) co_return;
    if (!organization_fits(call, {}, body->organization_id)) co_return;
    if (body->permissions.empty()) {
        co_return call.refuse(400, "authorization must include permissions");
    }
    const meta::User* owner = call.is_open() ? nullptr : call.user();
    if (!body->user_id.empty()) {
        owner = find_user_by_id(call.catalog(), meta::parse_id(body->user_id).value_or(0));
        if (owner == nullptr) co_return call.refuse(404, "user not found");
    }
    Token token;
    token.id = draw_number();
    for (const PermissionBody& each : body->permissions) {
        if (!organization_fits(call, each.organization, each.organization_id)) co_return;
        const Result<Permission> permission = permission_of(call, each);
        if (!permission.ok()) co_return call.answer(permission.error());
        token.permissions.push_back(*permission);
    }
    if (!may_make(call, token, owner)) co_return;
    const std::string text = draw_token();
    token.code = meta::token_code_of(text);
    if (owner != nullptr) token.user = owner->name;
    token.description = body->description.value_or("").substr(0, kDescriptionBytesMax);
    token.is_active = body->is_active.value_or(true);
    token.created_ns = call.now_ns();
    token.updated_ns = token.created_ns;
    meta::CatalogChange change = [token](meta::CatalogEditor& editor) {
        return editor.create_token(token);
    };
    const std::string name = meta::token_name(token.id);
    const bool done = co_await call.change("create token", name, std::move(change));
    if (done) answer_token(call, 201, token, text);
}

// The token of the path, if one may do `wanted` with it; where not, that has been answered. One
// that is not one's own is not there, so that nobody can look for ids.
const Token* named_token(PlatformCall& call, Privilege wanted) {
    const auto id = call.read_id();
    if (!id) return nullptr;
    const Token* const token = call.catalog().find_token(*id);
    if (token != nullptr && may_touch(call, wanted, *token)) return token;
    call.refuse(404, "authorization not found");
    return nullptr;
}

// The id is copied before the change: the pointer belongs to a snapshot of the catalog that renew()
// gives up.
io::Task<void> update_token(PlatformCall& call) {
    const std::optional<TokenBody> body = co_await call.read_body(&read_token_body);
    if (!body) co_return;
    const Token* const token = named_token(call, Privilege::kWrite);
    if (token == nullptr) co_return;
    const std::uint64_t id = token->id;
    std::optional<std::string> description = body->description;
    if (description) description = description->substr(0, kDescriptionBytesMax);
    const std::optional<bool> is_active = body->is_active;
    const std::int64_t now_ns = call.now_ns();
    meta::CatalogChange change = [id, description, is_active, now_ns](meta::CatalogEditor& editor) {
        return editor.alter_token(id, description, is_active, now_ns);
    };
    const std::string name = meta::token_name(id);
    const bool done = co_await call.change("update token", name, std::move(change));
    if (!done) co_return;
    const Token* const present = call.catalog().find_token(id);
    if (present == nullptr) co_return call.refuse(404, "authorization not found");
    answer_token(call, 200, *present, {});
}

io::Task<void> delete_token(PlatformCall& call) {
    const Token* const token = named_token(call, Privilege::kWrite);
    if (token == nullptr) co_return;
    const std::uint64_t id = token->id;
    meta::CatalogChange change = [id](meta::CatalogEditor& editor) {
        return editor.drop_token(id);
    };
    const std::string name = meta::token_name(id);
    const bool done = co_await call.change("delete token", name, std::move(change));
    if (done) call.answer_no_content();
}

io::Task<void> show_token(PlatformCall& call) {
    const Token* const token = named_token(call, Privilege::kRead);
    if (token != nullptr) answer_token(call, 200, *token, {});
    co_return;
}

}  // namespace

io::Task<void> handle_authorizations(PlatformCall& call) {
    if (call.endpoint() == PlatformEndpoint::kAuthorizations) {
        return call.method() == http::Method::kPost ? create_token(call) : list_tokens(call);
    }
    if (call.method() == http::Method::kPatch) return update_token(call);
    if (call.method() == http::Method::kDelete) return delete_token(call);
    return show_token(call);
}

}  // namespace sluice::server
