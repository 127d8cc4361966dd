// The errors of InfluxDB 2.x, as documents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::server {

// Returns the code that clients look at, also in X-Platform-Error-Code. It follows from the status;
// a status that 2.x has no code for is an internal error.
std::string_view platform_code(std::uint16_t status);

// Returns {"code":"...","message":"..."} without a newline. `line` is that of the body which is to
// blame, counted from 1; 0: none is.
std::string platform_body(std::string_view code, std::string_view message, std::uint32_t line);

}  // namespace sluice::server
