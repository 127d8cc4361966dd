// The bound parameters of a request: a JSON object of values for $names.
#pragma once

#include <string_view>

#include "sluice/base/result.h"
#include "sluice/influxql/parser.h"

namespace sluice::query {

// An empty text gives none. Strings, numbers, booleans, and objects of one entry that name a kind:
// {"regex":"^a"}, {"identifier":"m"}, {"duration":"5m"} (influxql/params.go).
Result<influxql::BoundParameters> parse_parameters(std::string_view json);

}  // namespace sluice::query
