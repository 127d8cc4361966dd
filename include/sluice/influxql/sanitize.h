// Query texts without the passwords in them, for logs.
#pragma once

#include <string>
#include <string_view>

namespace sluice::influxql {

// What stands, or may be meant to stand, for a password in CREATE USER and SET PASSWORD becomes
// [REDACTED], however it is quoted and in texts that cannot be parsed too; so does the password of
// a URL (CREATE SUBSCRIPTION). Texts without any come back as they are.
std::string sanitize(std::string_view text);

}  // namespace sluice::influxql
