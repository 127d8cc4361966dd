// The version that the build was given.
#include "server/config/version.h"

namespace sluice::server {

const std::string_view kVersion = "1.8.10+sluice." SLUICE_VERSION;

}  // namespace sluice::server
