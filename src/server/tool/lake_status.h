// `sluice lake status`: what a data directory has published, by its journals. A server may have the
// directory.
#pragma once

#include <string>
#include <vector>

#include "server/lake/lake_state.h"
#include "sluice/base/result.h"

namespace sluice::server {

// One for each root and node that has been published to. kNotFound: there is none.
Result<std::vector<LakeState>> read_lake_states(const std::string& directory);

// To standard output.
Result<void> print_lake_status(const std::string& directory);

}  // namespace sluice::server
