// The names of the columns of an answer (influxql/ast.go: ColumnNames).
#pragma once

#include <string>
#include <vector>

#include "sluice/influxql/ast.h"

namespace sluice::query {

// Returns the names of the columns behind the time column: aliases first, then generated names,
// made distinct by numbers.
std::vector<std::string> column_names(const std::vector<influxql::Field>& fields);

// Returns the name of a field: the alias, or the name of the function or variable. An expression
// joins the names that it contains.
std::string field_name(const influxql::Field& field);

}  // namespace sluice::query
