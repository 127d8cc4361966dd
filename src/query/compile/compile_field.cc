#include "query/compile/compile_field.h"

#include "query/expr/function_table.h"
#include "query/expr/math_functions.h"
#include "sluice/influxql/duration.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/reduce.h"

namespace sluice::query {
namespace {

using namespace influxql;
using enum Function;

Error invalid(std::string message) {
    return {ErrorKind::kInvalid, std::move(message)};
}

Error wrong_count(const std::string& name, const std::string& expected, std::size_t got) {
    return invalid("invalid number of arguments for " + name + ", expected " + expected + ", got " +
                   std::to_string(got));
}

Result<void> check_count(const Call& call, std::size_t expected) {
    if (call.arguments.size() == expected) return {};
    return wrong_count(call.name, std::to_string(expected), call.arguments.size());
}

Result<void> check_count(const Call& call, std::size_t min, std::size_t max) {
    if (call.arguments.size() >= min && call.arguments.size() <= max) return {};
    return wrong_count(
        call.name, "at least " + std::to_string(min) + " but no more than " + std::to_string(max),
        call.arguments.size());
}

// The unit of derivative(), elapsed() and integral().
Result<void> check_unit(const Call& call, const std::string& otherwise) {
    if (call.arguments.size() < 2) return {};
    const auto* unit = call.arguments[1].as<DurationLiteral>();
    if (unit == nullptr) return invalid(otherwise);
    if (unit->nanoseconds > 0) return {};
    return invalid("duration argument must be positive, got " + format_duration(unit->nanoseconds));
}

// The hold period says how many points an indicator keeps back; -1 leaves that to the indicator.
Result<void> check_hold_period(const Call& call) {
    if (call.arguments.size() < 3) return {};
    const auto* period = call.arguments[2].as<IntegerLiteral>();
    if (period == nullptr) return invalid(call.name + " hold period must be an integer");
    if (period->value == -1) return {};
    const std::int64_t min = function_of(call) == kTripleExponentialDerivative ? 1 : 0;
    if (period->value >= min) return {};
    return invalid(call.name + " hold period must be greater than or equal to " +
                   std::to_string(min));
}

Result<void> check_warmup(const Call& call, bool may_be_none) {
    if (call.arguments.size() < 4) return {};
    const auto* warmup = call.arguments[3].as<StringLiteral>();
    if (warmup == nullptr) return invalid(call.name + " warmup type must be a string");
    const std::string& type = warmup->value;
    if (type == "exponential" || type == "simple" || (may_be_none && type == "none")) return {};
    return invalid(call.name + " warmup type must be one of: " + (may_be_none ? "'none' " : "") +
                   "'exponential' 'simple'");
}

}  // namespace

Result<void> FieldCompiler::compile(const Expr& expr) {
    if (expr.is<VarRef>()) {
        list_.has_auxiliary = true;
        return {};
    }
    if (expr.is<Wildcard>()) {
        list_.has_auxiliary = true;
        if (!wildcard_allowed_) return invalid("unable to use wildcard in a binary expression");
        return {};
    }
    if (expr.is<RegexLiteral>()) {
        if (!wildcard_allowed_) return invalid("unable to use regex in a binary expression");
        list_.has_auxiliary = true;
        return {};
    }
    if (const auto* call = expr.as<Call>()) return compile_call(*call);
    if (const auto* distinct = expr.as<Distinct>()) {
        ++list_.calls;
        return compile_distinct({VarRef{distinct->name, DataType::kUnknown}}, false);
    }
    if (const auto* binary = expr.as<BinaryExpr>()) return compile_binary(*binary);
    if (const auto* paren = expr.as<ParenExpr>()) return compile(*paren->inner);
    return invalid("field must contain at least one variable");
}

// If neither operand is a literal, both are compiled. Neither may have a wildcard.
Result<void> FieldCompiler::compile_binary(const BinaryExpr& binary) {
    wildcard_allowed_ = false;
    const bool left = is_literal(*binary.left);
    const bool right = is_literal(*binary.right);
    if (left && right) return invalid("cannot perform a binary expression on two literals");
    if (!left) {
        SLUICE_TRY_VOID(compile(*binary.left));
    }
    if (!right) {
        SLUICE_TRY_VOID(compile(*binary.right));
    }
    return {};
}

// Each family of functions has its own rules for arguments. Their order within a family is that of
// InfluxDB, because it decides which of several mistakes is named.
Result<void> FieldCompiler::compile_call(const Call& call) {
    const FunctionInfo* info = find_function(call);
    if (info != nullptr && info->kind == FunctionKind::kMath) return compile_math(call);
    ++list_.calls;
    if (info == nullptr) return invalid("undefined function " + call.name + "()");
    switch (info->function) {
        case kPercentile:
            return compile_percentile(call);
        case kSample:
            return compile_sample(call);
        case kDistinct:
            return compile_distinct(call.arguments, false);
        case kTop:
        case kBottom:
            return compile_top_or_bottom(call);
        case kDerivative:
        case kNonNegativeDerivative:
        case kElapsed:
            return compile_with_unit(call);
        case kDifference:
        case kNonNegativeDifference:
        case kCumulativeSum:
            return compile_difference(call);
        case kMovingAverage:
            return compile_moving_average(call);
        case kIntegral:
            return compile_integral(call);
        case kHoltWinters:
        case kHoltWintersWithFit:
            return compile_holt_winters(call);
        default:
            return info->kind == FunctionKind::kTransformation ? compile_indicator(call)
                                                               : compile_simple(call);
    }
}

Result<void> FieldCompiler::compile_math(const Call& call) {
    SLUICE_TRY_VOID(check_count(call, math_argument_count(function_of(call))));
    for (const Expr& argument : call.arguments) {
        if (is_literal(argument)) continue;
        SLUICE_TRY_VOID(compile(argument));
    }
    return {};
}

Result<void> FieldCompiler::compile_nested(const Expr& expr) {
    const Call* distinct = as_call_of(kDistinct, expr);
    if (distinct != nullptr) return compile_distinct(distinct->arguments, true);
    return compile(expr);
}

// As a field of its own distinct() must be alone in the statement, because its rows have no time
// that other columns could share. Inside of count() it is only a set.
Result<void> FieldCompiler::compile_distinct(const Arguments& arguments, bool nested) {
    if (arguments.empty()) return invalid("distinct function requires at least one argument");
    if (arguments.size() > 1) return invalid("distinct function can only have one argument");
    if (!arguments[0].is<VarRef>()) return invalid("expected field argument in distinct()");
    if (!nested) list_.has_distinct = true;
    list_.only_selectors = false;
    return {};
}

// A wildcard makes one call for each field, so the statement has several columns and its calls are
// not taken for selectors, even where it stands for a single field.
Result<void> FieldCompiler::compile_symbol(const std::string& name, const Expr& expr) {
    if (expr.is<VarRef>()) return {};
    if (!expr.is<Wildcard>() && !expr.is<RegexLiteral>()) {
        return invalid("expected field argument in " + name + "()");
    }
    if (!wildcard_allowed_) {
        return invalid("unsupported expression with " +
                       std::string(expr.is<Wildcard>() ? "wildcard" : "regex field") + ": " + name +
                       "()");
    }
    list_.only_selectors = false;
    return {};
}

// Functions of one field: count, mean, median, max, …
Result<void> FieldCompiler::compile_simple(const Call& call) {
    const Function function = function_of(call);
    if (!is_selector(function)) list_.only_selectors = false;
    SLUICE_TRY_VOID(check_count(call, 1));
    const Expr& argument = call.arguments[0];
    if (function == kCount) {
        if (const Call* inner = as_call_of(kDistinct, argument)) {
            return compile_distinct(inner->arguments, true);
        }
        if (const auto* distinct = argument.as<Distinct>()) {
            return compile_distinct({VarRef{distinct->name, DataType::kUnknown}}, true);
        }
    }
    return compile_symbol(call.name, argument);
}

Result<void> FieldCompiler::compile_percentile(const Call& call) {
    SLUICE_TRY_VOID(check_count(call, 2));
    if (!call.arguments[1].is<IntegerLiteral>() && !call.arguments[1].is<NumberLiteral>()) {
        return invalid("expected float argument in percentile()");
    }
    return compile_symbol(call.name, call.arguments[0]);
}

Result<void> FieldCompiler::compile_sample(const Call& call) {
    SLUICE_TRY_VOID(check_count(call, 2));
    const auto* count = call.arguments[1].as<IntegerLiteral>();
    if (count == nullptr) return invalid("expected integer argument in sample()");
    if (count->value <= 0) {
        return invalid("sample window must be greater than 1, got " + std::to_string(count->value));
    }
    return compile_symbol(call.name, call.arguments[0]);
}

// Both are selectors that must be alone: their points have times of their own. Tags between field
// and number become columns, and make the statement one with auxiliary fields.
Result<void> FieldCompiler::compile_top_or_bottom(const Call& call) {
    const std::string& name = call.name;
    if (!list_.top_or_bottom.empty()) {
        return invalid("selector function " + list_.top_or_bottom +
                       "() cannot be combined with other functions");
    }
    if (call.arguments.size() < 2) return wrong_count(name, "at least 2", call.arguments.size());
    const Expr& last = call.arguments.back();
    const auto* limit = last.as<IntegerLiteral>();
    if (limit == nullptr) {
        return invalid("expected integer as last argument in " + name + "(), found " +
                       to_string(last));
    }
    const std::string limit_text = "limit (" + std::to_string(limit->value) + ") in " + name;
    if (limit->value <= 0) return invalid(limit_text + " function must be at least 1");
    if (list_.limit > 0 && limit->value > list_.limit) {
        return invalid(limit_text + " function can not be larger than the LIMIT (" +
                       std::to_string(list_.limit) + ") in the select statement");
    }
    if (!call.arguments[0].is<VarRef>()) {
        return invalid("expected first argument to be a field in " + name + "(), found " +
                       to_string(call.arguments[0]));
    }
    for (std::size_t i = 1; i + 1 < call.arguments.size(); ++i) {
        if (!call.arguments[i].is<VarRef>()) {
            return invalid("only fields or tags are allowed in " + name + "(), found " +
                           to_string(call.arguments[i]));
        }
        // Shown as columns of their own, unless the answer is written somewhere.
        if (!list_.has_target) {
            ++list_.columns;
            list_.has_auxiliary = true;
        }
    }
    list_.top_or_bottom = name;
    return {};
}

Result<void> FieldCompiler::compile_integral(const Call& call) {
    SLUICE_TRY_VOID(check_count(call, 1, 2));
    SLUICE_TRY_VOID(check_unit(call, "second argument must be a duration"));
    list_.only_selectors = false;
    return compile_symbol(call.name, call.arguments[0]);
}

// A forecast goes on from the windows of a call, so there must be windows.
Result<void> FieldCompiler::compile_holt_winters(const Call& call) {
    const std::string& name = call.name;
    SLUICE_TRY_VOID(check_count(call, 3));
    const auto* horizon = call.arguments[1].as<IntegerLiteral>();
    if (horizon == nullptr) {
        return invalid("expected integer argument as second arg in " + name);
    }
    if (horizon->value <= 0) {
        return invalid("second arg to " + name + " must be greater than 0, got " +
                       std::to_string(horizon->value));
    }
    const auto* season = call.arguments[2].as<IntegerLiteral>();
    if (season == nullptr) return invalid("expected integer argument as third arg in " + name);
    if (season->value < 0) {
        return invalid("third arg to " + name + " cannot be negative, got " +
                       std::to_string(season->value));
    }
    list_.only_selectors = false;
    if (!call.arguments[0].is<Call>()) return invalid("must use aggregate function with " + name);
    if (!list_.has_interval) return invalid(name + " aggregate requires a GROUP BY interval");
    return compile_nested(call.arguments[0]);
}

Result<void> FieldCompiler::compile_with_unit(const Call& call) {
    SLUICE_TRY_VOID(check_count(call, 1, 2));
    if (call.arguments.size() == 2) {
        SLUICE_TRY_VOID(check_unit(call, "second argument to " + call.name +
                                             " must be a duration, got " +
                                             go_type_name(call.arguments[1])));
    }
    list_.only_selectors = false;
    return compile_input(call, true);
}

Result<void> FieldCompiler::compile_difference(const Call& call) {
    SLUICE_TRY_VOID(check_count(call, 1));
    list_.only_selectors = false;
    return compile_input(call, true);
}

Result<void> FieldCompiler::compile_moving_average(const Call& call) {
    SLUICE_TRY_VOID(check_count(call, 2));
    const auto* count = call.arguments[1].as<IntegerLiteral>();
    if (count == nullptr) {
        return invalid("second argument for moving_average must be an integer, got " +
                       go_type_name(call.arguments[1]));
    }
    if (count->value <= 1) {
        return invalid("moving_average window must be greater than 1, got " +
                       std::to_string(count->value));
    }
    list_.only_selectors = false;
    return compile_input(call, true);
}

// Exponential averages, oscillators and Kaufman's: a period, how many points to hold back, and for
// most of them how to warm up.
Result<void> FieldCompiler::compile_indicator(const Call& call) {
    const Function function = function_of(call);
    const bool is_oscillator = function == kChandeMomentumOscillator;
    const bool has_warmup =
        function != kKaufmansEfficiencyRatio && function != kKaufmansAdaptiveMovingAverage;
    SLUICE_TRY_VOID(check_count(call, 2, has_warmup ? 4 : 3));
    const auto* period = call.arguments[1].as<IntegerLiteral>();
    if (period == nullptr) return invalid(call.name + " period must be an integer");
    if (period->value < 1) {
        return invalid(call.name + " period must be greater than or equal to 1");
    }
    SLUICE_TRY_VOID(check_hold_period(call));
    SLUICE_TRY_VOID(check_warmup(call, is_oscillator));
    const auto* warmup =
        call.arguments.size() < 4 ? nullptr : call.arguments[3].as<StringLiteral>();
    if (is_oscillator && period->value == 1 && (warmup == nullptr || warmup->value == "none")) {
        // The original ends the query with a panic.
        return invalid(call.name + " period must be greater than 1 without a warmup type");
    }
    list_.only_selectors = false;
    return compile_input(call, false);
}

// With windows a transformation works on what another call makes of each, and without them on
// points. A subquery that has its windows from the query around it may do either.
Result<void> FieldCompiler::compile_input(const Call& call, bool nested) {
    const Expr& input = call.arguments[0];
    if (input.is<Call>()) {
        if (!list_.has_interval) {
            return invalid(call.name + " aggregate requires a GROUP BY interval");
        }
        return nested ? compile_nested(input) : compile(input);
    }
    if (list_.has_interval && !list_.has_inherited_interval) {
        return invalid("aggregate function required inside the call to " + call.name);
    }
    return compile_symbol(call.name, input);
}

}  // namespace sluice::query
