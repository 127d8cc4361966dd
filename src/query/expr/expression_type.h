// These functions give the type of the values of an expression, from the types of its references.
#pragma once

#include "sluice/base/result.h"
#include "sluice/influxql/expr.h"

namespace sluice::query {

// Returns the type, which is kUnknown if a reference stands for nothing. The error is InfluxDB's
// (influxql/ast.go: TypeValuerEval).
Result<influxql::DataType> expression_type(const influxql::Expr& expr);

// Returns the type that a query sees in the column of its subquery. There a function of mathematics
// gives what its first argument is (query/functions.go: FieldMapper).
Result<influxql::DataType> column_type(const influxql::Expr& expr);

}  // namespace sluice::query
