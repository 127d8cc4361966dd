// The organisation of the 2.x API: there is one, with a fixed id.
//
// Its name is what setup or an update has given it, or else the setting `[http] organization`. As
// long as neither names it, it answers to every name and need not be named at all, as in InfluxDB
// 1.8, whose writers name one that nobody has made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/meta/catalog.h"

namespace sluice::server {

// The first 8 bytes of the SHA-256 of "organization".
inline constexpr std::uint64_t kOrganizationId = 0xaf3a1bb312bf8430;
// What is shown where nobody has named it.
inline constexpr std::string_view kUnnamedOrganization = "default";

// Empty: it has no name.
std::string_view organization_name(const meta::Catalog& catalog, std::string_view setting);

// Why `name` and `id`, as a client gives them, are not the organisation. The id counts before the
// name, and a name may be an id, too.
struct OrganizationRefusal {
    std::uint16_t status = 400;
    std::string message;
};
std::optional<OrganizationRefusal> check_organization(std::string_view own_name,
                                                      std::string_view name, std::string_view id);

}  // namespace sluice::server
