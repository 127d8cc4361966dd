// Points in time as InfluxQL writes them: '2015-08-18', '2015-08-18 00:12:00.5',
// '2015-08-18T00:12:00Z'.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/influxql/expr.h"

namespace sluice::influxql {

// Begins like a date; parse_time_literal() may still fail.
bool looks_like_time(std::string_view text);

// Reads a time, which is in UTC unless the text has an offset.
std::optional<TimeLiteral> parse_time_literal(std::string_view text);

TimeLiteral time_from_nanoseconds(std::int64_t nanoseconds);
// Wraps outside the range of int64, as Go's UnixNano does.
std::int64_t to_nanoseconds(TimeLiteral time);
TimeLiteral add_duration(TimeLiteral time, std::int64_t nanoseconds);
// a - b, saturating.
std::int64_t difference(TimeLiteral a, TimeLiteral b);

// RFC 3339 in UTC with nanoseconds, trailing zeros of the fraction removed.
std::string format_rfc3339(std::int64_t seconds, std::int32_t nanoseconds);
void append_rfc3339(std::string& out, std::int64_t seconds, std::int32_t nanoseconds);

}  // namespace sluice::influxql
