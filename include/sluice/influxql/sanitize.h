// Query texts without the passwords in them, for logs.
#pragma once

#include <string>

namespace sluice::influxql {

// What stands for a password in CREATE USER ... WITH PASSWORD and SET PASSWORD FOR becomes
// [REDACTED], in texts that cannot be parsed too (influxql: Sanitize).
std::string sanitize(std::string text);

}  // namespace sluice::influxql
