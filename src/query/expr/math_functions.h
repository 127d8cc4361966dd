// These are the functions of the values of one row: abs, sin, pow, … (query/math.go: MathValuer).
#pragma once

#include <span>

#include "query/expr/function_table.h"
#include "query/expr/value.h"

namespace sluice::query {

// Evaluates a function. The result is null if an argument is no number. abs, floor, ceil and round
// leave integers integers.
Value evaluate_math(Function function, std::span<const Value> arguments);

// Returns how many arguments the function takes.
std::size_t math_argument_count(Function function);

}  // namespace sluice::query
