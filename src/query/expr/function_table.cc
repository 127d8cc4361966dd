#include "query/expr/function_table.h"

#include <algorithm>
#include <array>
#include <string>

#include "sluice/base/check.h"

namespace sluice::query {
namespace {

using influxql::DataType;
using enum Function;
using enum FunctionKind;

constexpr FunctionInfo selector(std::string_view name, Function function, FunctionKind kind,
                                bool in_time_order = false) {
    return {name, function, kind, true, in_time_order};
}
constexpr FunctionInfo ordered(std::string_view name, Function function, FunctionKind kind) {
    return {name, function, kind, false, true};
}

// The functions, in the order of the enumeration.
constexpr std::array kFunctions = {
    FunctionInfo{"count", kCount, kMergeable},
    FunctionInfo{"sum", kSum, kMergeable},
    FunctionInfo{"mean", kMean, kMergeable},
    selector("min", kMin, kMergeable),
    selector("max", kMax, kMergeable),
    selector("first", kFirst, kMergeable),
    selector("last", kLast, kMergeable),

    ordered("median", kMedian, kReduction),
    FunctionInfo{"mode", kMode, kReduction},
    FunctionInfo{"stddev", kStddev, kReduction},
    FunctionInfo{"spread", kSpread, kReduction},
    selector("percentile", kPercentile, kReduction, true),
    ordered("distinct", kDistinct, kReduction),
    selector("top", kTop, kReduction, true),
    selector("bottom", kBottom, kReduction, true),
    selector("sample", kSample, kReduction, true),

    ordered("derivative", kDerivative, kTransformation),
    ordered("non_negative_derivative", kNonNegativeDerivative, kTransformation),
    ordered("difference", kDifference, kTransformation),
    ordered("non_negative_difference", kNonNegativeDifference, kTransformation),
    ordered("elapsed", kElapsed, kTransformation),
    ordered("moving_average", kMovingAverage, kTransformation),
    ordered("cumulative_sum", kCumulativeSum, kTransformation),
    ordered("integral", kIntegral, kTransformation),
    ordered("exponential_moving_average", kExponentialMovingAverage, kTransformation),
    ordered("double_exponential_moving_average", kDoubleExponentialMovingAverage, kTransformation),
    ordered("triple_exponential_moving_average", kTripleExponentialMovingAverage, kTransformation),
    ordered("triple_exponential_derivative", kTripleExponentialDerivative, kTransformation),
    ordered("relative_strength_index", kRelativeStrengthIndex, kTransformation),
    ordered("kaufmans_efficiency_ratio", kKaufmansEfficiencyRatio, kTransformation),
    ordered("kaufmans_adaptive_moving_average", kKaufmansAdaptiveMovingAverage, kTransformation),
    ordered("chande_momentum_oscillator", kChandeMomentumOscillator, kTransformation),

    ordered("holt_winters", kHoltWinters, kForecast),
    ordered("holt_winters_with_fit", kHoltWintersWithFit, kForecast),

    FunctionInfo{"abs", kAbs, kMath},
    FunctionInfo{"acos", kAcos, kMath},
    FunctionInfo{"asin", kAsin, kMath},
    FunctionInfo{"atan", kAtan, kMath},
    FunctionInfo{"atan2", kAtan2, kMath},
    FunctionInfo{"ceil", kCeil, kMath},
    FunctionInfo{"cos", kCos, kMath},
    FunctionInfo{"exp", kExp, kMath},
    FunctionInfo{"floor", kFloor, kMath},
    FunctionInfo{"ln", kLn, kMath},
    FunctionInfo{"log", kLog, kMath},
    FunctionInfo{"log2", kLog2, kMath},
    FunctionInfo{"log10", kLog10, kMath},
    FunctionInfo{"pow", kPow, kMath},
    FunctionInfo{"round", kRound, kMath},
    FunctionInfo{"sin", kSin, kMath},
    FunctionInfo{"sqrt", kSqrt, kMath},
    FunctionInfo{"tan", kTan, kMath},
};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < kFunctions.size(); ++i) {
        if (kFunctions[i].function != static_cast<Function>(i)) return false;
    }
    return true;
}
static_assert(is_in_order());

bool is_numeric(DataType type) {
    return type == DataType::kFloat || type == DataType::kInteger || type == DataType::kUnsigned;
}

// A math function passes for a function of the query engine, which gives back what it takes; only
// where that type is unknown its own rules apply (query/math.go). Subqueries show it: their sin()
// of an integer is an integer.
Result<DataType> math_type(const FunctionInfo& info, std::span<const DataType> arguments) {
    const DataType first = arguments.empty() ? DataType::kUnknown : arguments[0];
    if (first != DataType::kUnknown) return first;
    const DataType second = arguments.size() < 2 ? DataType::kUnknown : arguments[1];
    switch (info.function) {
        case kAbs:
        case kFloor:
        case kCeil:
        case kRound:
            return first;
        case kAtan2:
        case kPow:
            if (second == DataType::kUnknown || is_numeric(second)) return DataType::kFloat;
            return Error{ErrorKind::kInvalid, "invalid argument type for the second argument in " +
                                                  std::string(info.name) +
                                                  "(): " + std::string(data_type_name(second))};
        default:
            return DataType::kFloat;
    }
}

// Returns how error messages call a function. Some say the name of another function.
std::string_view message_name(const FunctionInfo& info) {
    switch (info.function) {
        case kMode:
            return "median";
        case kNonNegativeDerivative:
            return "derivative";
        case kNonNegativeDifference:
            return "difference";
        case kMovingAverage:
            return "moving average";
        case kCumulativeSum:
            return "cumulative sum";
        case kExponentialMovingAverage:
            return "exponential moving average";
        case kDoubleExponentialMovingAverage:
            return "double exponential moving average";
        case kTripleExponentialMovingAverage:
            return "triple exponential moving average";
        case kTripleExponentialDerivative:
            return "triple exponential derivative";
        case kRelativeStrengthIndex:
            return "relative strength index";
        case kKaufmansEfficiencyRatio:
            return "kaufmans efficiency ratio";
        case kKaufmansAdaptiveMovingAverage:
            return "kaufmans adaptive moving average";
        case kChandeMomentumOscillator:
            return "chande momentum oscillator";
        case kHoltWinters:
        case kHoltWintersWithFit:
            return "elapsed";
        default:
            return info.name;
    }
}

// Returns whether InfluxDB has an iterator that feeds the function with values of the type.
bool takes(Function function, DataType type) {
    switch (function) {
        case kCount:
        case kFirst:
        case kLast:
        case kMode:
        case kDistinct:
        case kSample:
        case kElapsed:
            return true;
        case kMin:
        case kMax:
            return is_numeric(type) || type == DataType::kBoolean;
        case kHoltWinters:
        case kHoltWintersWithFit:
            return type == DataType::kFloat || type == DataType::kInteger;
        default:
            return is_numeric(type);
    }
}

// The Go type that carries values of `type` out of `source`, which error messages show.
std::string iterator_name(const influxql::Expr& source, DataType type) {
    const std::string name(data_type_name(type));
    if (as_call_of(kDistinct, source) != nullptr) return name + "IntervalIterator";
    if (as_call_of(kSample, source) != nullptr) {
        std::string capital = name;
        capital[0] = static_cast<char>(capital[0] - 'a' + 'A');
        return name + "Reduce" + capital + "Iterator";
    }
    return name + "InterruptIterator";
}

}  // namespace

const FunctionInfo* find_function(std::string_view name) {
    const auto found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                    [&](const FunctionInfo& info) { return info.name == name; });
    return found == kFunctions.end() ? nullptr : &*found;
}

const FunctionInfo& function_info(Function function) {
    SLUICE_CHECK(static_cast<std::size_t>(function) < kFunctions.size());
    return kFunctions[static_cast<std::size_t>(function)];
}

void resolve_functions(influxql::Expr& expr) {
    influxql::walk(expr, [](influxql::Expr& part) {
        auto* call = part.as<influxql::Call>();
        if (call == nullptr) return;
        const FunctionInfo* info = find_function(call->name);
        if (info != nullptr) call->function = static_cast<std::uint8_t>(info->function);
    });
}

influxql::Call make_call(Function function, std::vector<influxql::Expr> arguments) {
    return {std::string(function_info(function).name), std::move(arguments),
            static_cast<std::uint8_t>(function)};
}

const FunctionInfo* find_function(const influxql::Call& call) {
    if (!call.function) return find_function(call.name);
    return &function_info(static_cast<Function>(*call.function));
}

Function function_of(const influxql::Call& call) {
    const FunctionInfo* info = find_function(call);
    SLUICE_CHECK(info != nullptr);
    return info->function;
}

const influxql::Call* as_call_of(Function function, const influxql::Expr& expr) {
    const auto* call = expr.as<influxql::Call>();
    if (call == nullptr) return nullptr;
    const FunctionInfo* info = find_function(*call);
    return info != nullptr && info->function == function ? call : nullptr;
}

const influxql::Call* as_top_or_bottom(const influxql::Expr& expr) {
    const auto* call = expr.as<influxql::Call>();
    const FunctionInfo* info = call == nullptr ? nullptr : find_function(*call);
    return info != nullptr && is_top_or_bottom(info->function) ? call : nullptr;
}

Result<DataType> call_type(const influxql::Call& call, std::span<const DataType> arguments) {
    const DataType first = arguments.empty() ? DataType::kUnknown : arguments[0];
    const FunctionInfo* info = find_function(call);
    if (info == nullptr) return first;
    if (info->kind == kMath) return math_type(*info, arguments);
    switch (info->function) {
        case kCount:
        case kElapsed:
            return DataType::kInteger;
        case kSum:
        case kMin:
        case kMax:
        case kFirst:
        case kLast:
        case kMode:
        case kSpread:
        case kPercentile:
        case kDistinct:
        case kTop:
        case kBottom:
        case kSample:
        case kDifference:
        case kNonNegativeDifference:
        case kCumulativeSum:
            return first;
        default:
            return DataType::kFloat;
    }
}

Result<void> check_argument_type(const influxql::Call& call, DataType argument) {
    const FunctionInfo* info = find_function(call);
    if (info == nullptr || info->kind == kMath || takes(info->function, argument)) return {};
    std::string_view refusing = message_name(*info);
    std::string source = iterator_name(call.arguments[0], argument);
    // With tags, top() is fed by the max() of each, which takes booleans.
    if (is_top_or_bottom(info->function) && call.arguments.size() > 2) {
        if (argument == DataType::kBoolean) {
            source = "booleanReduceBooleanIterator";
        } else {
            refusing = info->function == kTop ? "max" : "min";
        }
    }
    return Error{ErrorKind::kInvalid,
                 "unsupported " + std::string(refusing) + " iterator type: *query." + source};
}

}  // namespace sluice::query
