// The version and the build that the server names.
#pragma once

#include <string_view>

namespace sluice::server {

// "1.8.10+sluice.0.1.0": clients of 1.x ask for at least 1.4, and read digits and dots.
extern const std::string_view kVersion;
inline constexpr std::string_view kBuild = "OSS";

}  // namespace sluice::server
