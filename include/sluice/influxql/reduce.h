// Constant folding: what is known before a row is read is computed once.
#pragma once

#include <optional>
#include <string>

#include "sluice/influxql/expr.h"

namespace sluice::influxql {

// `expr` with literal operations carried out and, where `now` is given, now() replaced. Parentheses
// around the whole are removed. Mixed types follow influxql/ast.go: reduce.
Expr reduce(const Expr& expr, const std::optional<TimeLiteral>& now);

// Does what reduce() does, but keeps parentheses.
Expr reduce_inner(const Expr& expr, const std::optional<TimeLiteral>& now);

// An operation whose sides are reduced already: what is below them is not looked at again.
Expr reduce_operation(Operator op, Expr left, Expr right);

// The name Go's %T gives a node, which some error texts of InfluxDB contain.
std::string go_type_name(const Expr& expr);

}  // namespace sluice::influxql
