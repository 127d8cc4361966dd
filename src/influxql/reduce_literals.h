// Operations on two literals.
#pragma once

#include <optional>

#include "sluice/influxql/expr.h"

namespace sluice::influxql {

// Empty where the operation has no meaning for these two; it then stays as it is.
std::optional<Expr> reduce_literals(Operator op, const Expr& left, const Expr& right);

}  // namespace sluice::influxql
