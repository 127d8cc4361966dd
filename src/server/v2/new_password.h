// Passwords that are set by the 2.x API.
#pragma once

#include <optional>
#include <string>

#include "server/v2/platform_call.h"
#include "sluice/io/task.h"

namespace sluice::server {

// No hash of crypt(3): no password matches it.
inline constexpr std::string_view kNoPasswordHash = "!";

// Hashes a password beside the core, if its length is what InfluxDB 2 takes; where not, that has
// been answered.
io::Task<std::optional<std::string>> hash_new_password(PlatformCall& call, std::string password);

}  // namespace sluice::server
