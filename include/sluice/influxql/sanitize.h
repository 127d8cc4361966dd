// Query texts without the passwords in them, for logs.
#pragma once

#include <string>

namespace sluice::influxql {

// Replaces the passwords of CREATE USER ... WITH PASSWORD and SET PASSWORD FOR by [REDACTED], also
// in texts that cannot be parsed (influxql: Sanitize).
std::string sanitize(std::string text);

}  // namespace sluice::influxql
