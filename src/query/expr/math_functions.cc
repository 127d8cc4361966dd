#include "query/expr/math_functions.h"

#include <cmath>

#include "query/go/go_math.h"

namespace sluice::query {
namespace {

using enum Function;

// InfluxDB's answers are those of Go's library, whose last digits differ from C's: go/go_math.h has
// its algorithms. What the processor does itself is the same in both (square root, floor, ceil,
// abs).
double of_one(Function function, double x) {
    switch (function) {
        case kAcos:
            return go_acos(x);
        case kAsin:
            return go_asin(x);
        case kAtan:
            return go_atan(x);
        case kCos:
            return go_cos(x);
        case kExp:
            return go_exp(x);
        case kLn:
            return go_log(x);
        case kLog2:
            return go_log2(x);
        case kLog10:
            return go_log10(x);
        case kSin:
            return go_sin(x);
        case kSqrt:
            return std::sqrt(x);
        case kTan:
            return go_tan(x);
        case kAbs:
            return std::fabs(x);
        case kCeil:
            return std::ceil(x);
        case kFloor:
            return std::floor(x);
        default:
            return go_round(x);
    }
}

double of_two(Function function, double x, double y) {
    switch (function) {
        case kAtan2:
            return go_atan2(x, y);
        case kLog:
            return go_log(x) / go_log(y);
        default:
            return go_pow(x, y);
    }
}

// The smallest integer has no positive counterpart and stays.
Value of_integer(Function function, Value value) {
    if (function != kAbs || value.as_integer() >= 0) return value;
    return Value::of_integer(static_cast<std::int64_t>(0 - value.word()));
}

bool keeps_integers(Function function) {
    return function == kAbs || function == kCeil || function == kFloor || function == kRound;
}

}  // namespace

Value evaluate_math(Function function, std::span<const Value> arguments) {
    for (const Value& argument : arguments) {
        if (!argument.is_number()) return {};
    }
    if (arguments.size() == 2) {
        return Value::of_float(of_two(function, arguments[0].to_float(), arguments[1].to_float()));
    }
    const Value value = arguments[0];
    if (keeps_integers(function)) {
        if (value.kind() == Value::Kind::kInteger) return of_integer(function, value);
        if (value.kind() == Value::Kind::kUnsigned) return value;
    }
    return Value::of_float(of_one(function, value.to_float()));
}

std::size_t math_argument_count(Function function) {
    return function == kAtan2 || function == kPow || function == kLog ? 2 : 1;
}

}  // namespace sluice::query
