#include "server/services/organization.h"

#include "sluice/base/go_text.h"
#include "sluice/meta/bucket.h"

namespace sluice::server {

// The name that setup or /api/v2/orgs gave counts before that of the configuration: it was given by
// whoever uses the server, and later.
std::string_view organization_name(const meta::Catalog& catalog, std::string_view setting) {
    return catalog.organization.name.empty() ? setting
                                             : std::string_view(catalog.organization.name);
}

// InfluxDB 2: http/write_handler.go, queryOrganization().
std::optional<OrganizationRefusal> check_organization(std::string_view own_name,
                                                      std::string_view name, std::string_view id) {
    if (own_name.empty()) return std::nullopt;
    if (!id.empty()) {
        if (meta::parse_id(id) == kOrganizationId) return std::nullopt;
        return OrganizationRefusal{404, "organization not found"};
    }
    if (name.empty()) return OrganizationRefusal{400, "Please provide either orgID or org"};
    if (name == own_name || meta::parse_id(name) == kOrganizationId) return std::nullopt;
    return OrganizationRefusal{404, "organization name " + quote_go(name) + " not found"};
}

}  // namespace sluice::server
