// The build gives the version to this file alone, so that a new version compiles one file.
#include "server/config/version.h"

namespace sluice::server {

const std::string_view kVersion = "1.8.10+sluice." SLUICE_VERSION;

}  // namespace sluice::server
