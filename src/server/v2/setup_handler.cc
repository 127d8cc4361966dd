// /api/v2/setup: the first admin, the organisation, a bucket and a token for everything, once.
#include <optional>

#include "server/v2/documents.h"
#include "server/v2/handlers.h"
#include "server/v2/new_password.h"
#include "server/v2/platform_bodies.h"
#include "sluice/base/units.h"
#include "sluice/meta/bucket.h"

namespace sluice::server {
namespace {

using meta::Privilege;

// What a token for everything names in InfluxDB 2.7, so that clients find what they look for. Some
// of it does not exist here.
constexpr std::string_view kResources[] = {
    "authorizations", "buckets",     "dashboards",        "orgs",
    "sources",        "tasks",       "telegrafs",         "users",
    "variables",      "scrapers",    "secrets",           "labels",
    "views",          "documents",   "notificationRules", "notificationEndpoints",
    "checks",         "dbrp",        "notebooks",         "annotations",
    "remotes",        "replications"};

Error already_done() {
    return {ErrorKind::kConflict, "onboarding has already been completed"};
}

// Asked by clients that have no credentials yet, and tells nothing but whether there is a user.
io::Task<void> show_setup(PlatformCall& call) {
    query::JsonText json(false);
    json.begin_object();
    json.key("allowed");
    json.literal(call.catalog().users.empty() ? "true" : "false");
    json.end_object();
    call.answer(200, json);
    co_return;
}

// One change, so that it is there wholly or not at all, and of two at the same time one fails.
Result<void> set_up(meta::CatalogEditor& editor, const SetupBody& body, const std::string& hash,
                    const meta::Token& token) {
    if (!editor.catalog().users.empty()) return already_done();
    SLUICE_TRY_VOID(editor.create_user(body.user, hash, true));
    meta::Organization organization = editor.catalog().organization;
    organization.name = body.organization;
    organization.created_ns = token.created_ns;
    organization.updated_ns = token.created_ns;
    SLUICE_TRY_VOID(editor.name_organization(organization));
    if (!meta::find_bucket_named(editor.catalog(), body.bucket)) {
        const meta::BucketName parts = meta::split_bucket_name(body.bucket);
        const meta::RetentionPolicySpec spec = policy_of(parts.policy, body.retention.every_seconds,
                                                         body.retention.shard_group_seconds);
        if (editor.catalog().find_database(parts.database) == nullptr) {
            SLUICE_TRY_VOID(editor.create_database(parts.database, spec));
        } else {
            SLUICE_TRY_VOID(
                editor.create_retention_policy(parts.database, spec, parts.policy.empty()));
        }
        meta::BucketFacts facts;
        facts.created_ns = token.created_ns;
        facts.updated_ns = token.created_ns;
        SLUICE_TRY_VOID(editor.describe_bucket(parts.database, spec.name, facts));
    }
    return editor.create_token(token);
}

void answer_setup(PlatformCall& call, const SetupBody& body, const meta::Token& token,
                  std::string_view text) {
    query::JsonText json(false);
    Documents documents(json, body.organization);
    json.begin_object();
    json.key("user");
    documents.user(body.user);
    if (const auto bucket = meta::find_bucket_named(call.catalog(), body.bucket)) {
        json.key("bucket");
        documents.bucket(*bucket);
    }
    json.key("org");
    documents.organization(call.catalog());
    json.key("auth");
    documents.token(call.catalog(), token, text);
    json.end_object();
    call.answer(201, json);
}

io::Task<void> do_setup(PlatformCall& call) {
    const std::optional<SetupBody> read = co_await call.read_body(&read_setup_body);
    if (!read) co_return;
    const SetupBody body = *read;
    // Asked again within the change; here it saves the cost of a hash, which a stranger could
    // otherwise ask for as often as he likes.
    if (!call.catalog().users.empty()) co_return call.answer(already_done());
    if (body.user.empty() || body.organization.empty() || body.bucket.empty()) {
        co_return call.refuse(422, "username, org and bucket must be given");
    }
    const std::optional<std::string> hash = co_await hash_new_password(call, body.password);
    if (!hash) co_return;
    const std::string text = body.token.empty() ? draw_token() : body.token;
    meta::Token token;
    token.id = draw_number();
    token.code = meta::token_code_of(text);
    token.user = body.user;
    token.description = body.user + "'s Token";
    token.created_ns = call.now_ns();
    token.updated_ns = token.created_ns;
    for (const std::string_view each : kResources) {
        token.permissions.push_back({Privilege::kRead, std::string(each), 0});
        token.permissions.push_back({Privilege::kWrite, std::string(each), 0});
    }
    const std::string stored = *hash;
    meta::CatalogChange change = [body, stored, token](meta::CatalogEditor& editor) {
        return set_up(editor, body, stored, token);
    };
    const bool done = co_await call.change("setup", body.user, std::move(change));
    if (done) answer_setup(call, body, token, text);
}

}  // namespace

io::Task<void> handle_setup(PlatformCall& call) {
    return call.method() == http::Method::kPost ? do_setup(call) : show_setup(call);
}

}  // namespace sluice::server
