// The table of the functions of InfluxQL: their names, the kind of work that each does, and the
// types that they give.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/influxql/expr.h"

namespace sluice::query {

// The order matters: ranges of it have things in common (is_mergeable, FunctionInfo::is_filled),
// and the table is in the same order.
enum class Function : std::uint8_t {
    kCount,
    kSum,
    kMean,
    kMin,
    kMax,
    kFirst,
    kLast,

    kMedian,
    kMode,
    kStddev,
    kSpread,
    kPercentile,
    kDistinct,
    kTop,
    kBottom,
    kSample,

    kDerivative,
    kNonNegativeDerivative,
    kDifference,
    kNonNegativeDifference,
    kElapsed,
    kMovingAverage,
    kCumulativeSum,
    kIntegral,
    kExponentialMovingAverage,
    kDoubleExponentialMovingAverage,
    kTripleExponentialMovingAverage,
    kTripleExponentialDerivative,
    kRelativeStrengthIndex,
    kKaufmansEfficiencyRatio,
    kKaufmansAdaptiveMovingAverage,
    kChandeMomentumOscillator,

    kHoltWinters,
    kHoltWintersWithFit,

    kAbs,
    kAcos,
    kAsin,
    kAtan,
    kAtan2,
    kCeil,
    kCos,
    kExp,
    kFloor,
    kLn,
    kLog,
    kLog2,
    kLog10,
    kPow,
    kRound,
    kSin,
    kSqrt,
    kTan,
};

enum class FunctionKind : std::uint8_t {
    kMergeable,       // one point per window; states of disjoint rows merge (aggregate.h)
    kReduction,       // any number of points per window, from all its points
    kTransformation,  // points out while points of a tag set go in; finds windows by itself
    kForecast,        // any number of points, from all points of a tag set
    kMath,            // of the values of one row (math_functions.h)
};

struct FunctionInfo {
    std::string_view name;
    Function function;
    FunctionKind kind;
    // Each point given out is a row that came in: it keeps its time and its other values.
    bool is_selector = false;
    // The function takes its points in time order, all series of a tag set as one. For other
    // functions InfluxDB goes through a window series by series, which a sum of floats shows.
    bool in_time_order = false;

    // One point per window; in GROUP BY time() it has the time of its window, and fill() applies.
    // Other functions choose the times of their points, and nothing is filled behind them.
    bool is_filled() const { return function <= Function::kPercentile; }
};

// Returns null if InfluxQL has no such function. Names are in lower case.
const FunctionInfo* find_function(std::string_view name);
const FunctionInfo& function_info(Function function);

// Notes in each call of an expression which function it is, unless InfluxQL has none of its name.
// A SELECT is resolved once, when it is compiled; what asks for the function of one of its calls
// after that compares no names. Calls that are made later come from make_call().
void resolve_functions(influxql::Expr& expr);
influxql::Call make_call(Function function, std::vector<influxql::Expr> arguments);
// Returns null if InfluxQL has no such function. A call that was not resolved is looked up by name.
const FunctionInfo* find_function(const influxql::Call& call);

// Returns the function of a compiled call: its name is in the table.
Function function_of(const influxql::Call& call);
// Returns the expression as a call of the function, or null if it is anything else.
const influxql::Call* as_call_of(Function function, const influxql::Expr& expr);
// Returns the expression as a call of top() or bottom(), which may have tags between the field and
// the number of points, or null if it is anything else.
const influxql::Call* as_top_or_bottom(const influxql::Expr& expr);

inline bool is_top_or_bottom(Function function) {
    return function == Function::kTop || function == Function::kBottom;
}
inline bool is_selector(Function function) {
    return function_info(function).is_selector;
}
inline bool is_mergeable(Function function) {
    return function <= Function::kLast;
}
inline bool is_math_function(const influxql::Call& call) {
    const FunctionInfo* info = find_function(call);
    return info != nullptr && info->kind == FunctionKind::kMath;
}

// Returns the type that a call gives for arguments of these types (query/functions.go: CallType).
Result<influxql::DataType> call_type(const influxql::Call& call,
                                     std::span<const influxql::DataType> arguments);

// Checks that the function takes points of the type of its first argument. The error is InfluxDB's,
// which tells the Go type of the iterator that feeds the function.
Result<void> check_argument_type(const influxql::Call& call, influxql::DataType argument);

}  // namespace sluice::query
