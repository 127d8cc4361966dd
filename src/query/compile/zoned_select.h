// These functions apply tz() to the text of a SELECT: they check that its zones exist, and read its
// times by their clocks.
#pragma once

#include <optional>
#include <string>

#include "query/expr/time_zone.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

// The first zone of a statement, subqueries included, that does not exist.
std::optional<std::string> unknown_time_zone(const influxql::Statement& statement);

// Times without an offset that conditions compare with time become times in UTC.
void bring_times_to_utc(influxql::SelectStatement& select);

}  // namespace sluice::query
