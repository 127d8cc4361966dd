// Durations as InfluxQL writes them: 90m, 1h30m, 2w.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::influxql {

// Units ns, u, µ, ms, s, m, h, d, w; several parts add up; a leading '-' negates all of them.
Result<std::int64_t> parse_duration(std::string_view text);

// One number in the largest unit that divides it: "90m", "2w"; zero is "0s".
std::string format_duration(std::int64_t nanoseconds);

// Prints a duration as Go prints a time.Duration: "168h0m0s", "1m30s", "1.5ms", "0s".
std::string format_go_duration(std::int64_t nanoseconds);

}  // namespace sluice::influxql
