// /api/v2/orgs: the one organisation.
#include <optional>

#include "server/services/organization.h"
#include "server/v2/documents.h"
#include "server/v2/handlers.h"
#include "server/v2/platform_bodies.h"
#include "sluice/meta/bucket.h"

namespace sluice::server {
namespace {

using meta::Privilege;

constexpr std::string_view kResource = "orgs";
constexpr std::size_t kNameBytesMax = 255;

void answer_organization(PlatformCall& call, std::uint16_t status) {
    answer_with(call, status,
                [&call](Documents& documents) { documents.organization(call.catalog()); });
}

// Whoever has proven who that is may know the name.
io::Task<void> list_organizations(PlatformCall& call) {
    if (!organization_fits(call, call.parameter("org"), call.parameter("orgID"))) co_return;
    if (!read_page(call)) co_return;
    answer_list(call, kResource, [&call](Documents& documents) {
        const std::string_view offset = call.parameter("offset");
        if (offset.empty() || offset == "0") documents.organization(call.catalog());
    });
}

io::Task<void> name_organization(PlatformCall& call, std::uint16_t status) {
    const std::optional<NameBody> body = co_await call.read_body(&read_name_body);
    if (!body) co_return;
    if (!call.may_manage(Privilege::kWrite, kResource)) {
        co_return call.refuse_permission(Privilege::kWrite, kResource);
    }
    const std::string_view present =
        organization_name(call.catalog(), call.services().config().http.organization);
    const bool is_new = call.method() == http::Method::kPost;
    meta::Organization organization = call.catalog().organization;
    organization.name = body->name.value_or(is_new ? "" : std::string(shown_organization(call)));
    if (organization.name.empty() || organization.name.size() > kNameBytesMax) {
        co_return call.refuse(400, "org name is empty or too long");
    }
    if (is_new && !present.empty()) {
        co_return call.refuse(
            422, "conflict",
            organization.name == present
                ? "organization with name " + organization.name + " already exists"
                : "there is one organization, and it is named " + std::string(present));
    }
    if (body->description) organization.description = *body->description;
    organization.updated_ns = call.now_ns();
    if (organization.created_ns == 0) organization.created_ns = organization.updated_ns;
    meta::CatalogChange change = [organization](meta::CatalogEditor& editor) {
        return editor.name_organization(organization);
    };
    const bool done =
        co_await call.change("name organization", organization.name, std::move(change));
    if (done) answer_organization(call, status);
}

}  // namespace

io::Task<void> handle_organizations(PlatformCall& call) {
    if (call.endpoint() == PlatformEndpoint::kOrganizations) {
        if (call.method() == http::Method::kPost) {
            co_await name_organization(call, 201);
        } else {
            co_await list_organizations(call);
        }
        co_return;
    }
    if (meta::parse_id(call.id()) != kOrganizationId) {
        co_return call.refuse(404, "organization not found");
    }
    if (call.endpoint() == PlatformEndpoint::kOrganizationPeople) {
        query::JsonText json(false);
        Documents(json, {}).nothing("users", call.connection().request().path);
        co_return call.answer(200, json);
    }
    if (call.method() == http::Method::kPatch) {
        co_await name_organization(call, 200);
    } else {
        answer_organization(call, 200);
    }
}

}  // namespace sluice::server
