// The addresses that the API is served on.
#pragma once

#include <string>
#include <vector>

#include "server/config/config_text.h"
#include "sluice/base/result.h"

namespace sluice::server {

// At least one. Two that could not both be listened on are refused: one address twice, or one that
// is contained in another. Without a host, or with "::", an address is all of both families.
Result<std::vector<HostPort>> parse_bind_addresses(const std::vector<std::string>& texts);

}  // namespace sluice::server
