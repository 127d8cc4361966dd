#include "query/compile.h"

#include <algorithm>
#include <array>

#include "sluice/influxql/condition.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/reduce.h"
#include "sluice/influxql/time_literal.h"

namespace sluice::query {
namespace {

using namespace influxql;

Error invalid(std::string message) {
    return {ErrorKind::kInvalid, std::move(message)};
}
Error unsupported(std::string what) {
    return {ErrorKind::kUnsupported, std::move(what) + " is not supported by this server yet"};
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 7> kAggregates = {"count", "sum",   "mean", "min",
                                                         "max",   "first", "last"};
constexpr std::array<std::string_view, 27> kLaterFunctions = {"median",
                                                              "mode",
                                                              "stddev",
                                                              "spread",
                                                              "percentile",
                                                              "sample",
                                                              "distinct",
                                                              "top",
                                                              "bottom",
                                                              "derivative",
                                                              "non_negative_derivative",
                                                              "difference",
                                                              "non_negative_difference",
                                                              "cumulative_sum",
                                                              "moving_average",
                                                              "exponential_moving_average",
                                                              "double_exponential_moving_average",
                                                              "triple_exponential_moving_average",
                                                              "relative_strength_index",
                                                              "triple_exponential_derivative",
                                                              "kaufmans_efficiency_ratio",
                                                              "kaufmans_adaptive_moving_average",
                                                              "chande_momentum_oscillator",
                                                              "elapsed",
                                                              "integral",
                                                              "holt_winters",
                                                              "holt_winters_with_fit"};
constexpr std::array<std::string_view, 18> kMathFunctions = {
    "abs", "sin", "cos",  "tan",   "asin", "acos", "atan",  "atan2", "exp",
    "log", "ln",  "log2", "log10", "sqrt", "pow",  "floor", "ceil",  "round"};

bool names_time(std::string_view name) {
    return name.size() == 4 && (name[0] | 0x20) == 't' && (name[1] | 0x20) == 'i' &&
           (name[2] | 0x20) == 'm' && (name[3] | 0x20) == 'e';
}

class Compiler {
public:
    Compiler(const SelectStatement& select, std::int64_t now_ns)
        : select_(select), now_(time_from_nanoseconds(now_ns)), now_ns_(now_ns) {}

    Result<CompiledSelect> run() {
        SLUICE_TRY_VOID(compile_condition());
        SLUICE_TRY_VOID(compile_dimensions());
        resolve_times();
        SLUICE_TRY_VOID(compile_fields());
        SLUICE_TRY_VOID(validate_fields());
        SLUICE_TRY_VOID(refuse_what_is_missing());
        return std::move(compiled_);
    }

private:
    Result<void> compile_condition() {
        SLUICE_TRY(Condition condition, split_condition(select_.condition, now_));
        if (condition.expr) {
            SLUICE_TRY_VOID(validate_condition(*condition.expr));
        }
        compiled_.condition = std::move(condition.expr);
        bounds_ = condition.time;
        return {};
    }

    Result<void> validate_condition(const Expr& expr) {
        if (const auto* binary = expr.as<BinaryExpr>()) {
            SLUICE_TRY_VOID(validate_condition(*binary->left));
            return validate_condition(*binary->right);
        }
        const auto* call = expr.as<Call>();
        if (call == nullptr) return {};
        if (!contains(kMathFunctions, call->name)) {
            return invalid("invalid function call in condition: " + to_string(expr));
        }
        later_ = later_.empty() ? call->name + "()" : later_;
        return {};
    }

    Result<void> compile_dimensions() {
        for (const Expr& written : select_.dimensions) {
            Expr dimension = reduce(written, std::nullopt);
            if (const auto* ref = dimension.as<VarRef>()) {
                if (names_time(ref->name)) {
                    return invalid("time() is a function and expects at least one argument");
                }
            } else if (const auto* call = dimension.as<Call>()) {
                SLUICE_TRY_VOID(compile_interval(*call));
                continue;
            } else if (!dimension.is<Wildcard>() && !dimension.is<RegexLiteral>()) {
                return invalid("only time and tag dimensions allowed");
            }
            compiled_.dimensions.push_back(std::move(dimension));
        }
        return {};
    }

    Result<void> compile_interval(const Call& call) {
        if (call.name != "time") return invalid("only time() calls allowed in dimensions");
        if (call.arguments.empty() || call.arguments.size() > 2) {
            return invalid("time dimension expected 1 or 2 arguments");
        }
        const auto* interval = call.arguments[0].as<DurationLiteral>();
        if (interval == nullptr) return invalid("time dimension must have duration argument");
        if (compiled_.window.interval_ns != 0) {
            return invalid("multiple time dimensions not allowed");
        }
        compiled_.window.interval_ns = interval->nanoseconds;
        if (call.arguments.size() == 2) return compile_offset(call.arguments[1]);
        return {};
    }

    Result<void> compile_offset(const Expr& offset) {
        Window& window = compiled_.window;
        const auto into_interval = [&](std::int64_t t) {
            if (window.interval_ns <= 0) return std::int64_t{0};
            return t - model::truncate_as_go(t, window.interval_ns);
        };
        if (const auto* duration = offset.as<DurationLiteral>()) {
            if (window.interval_ns != 0)
                window.offset_ns = duration->nanoseconds % window.interval_ns;
            return {};
        }
        if (const auto* time = offset.as<TimeLiteral>()) {
            window.offset_ns = into_interval(to_nanoseconds(*time));
            return {};
        }
        if (const auto* call = offset.as<Call>()) {
            if (call->name != "now") {
                return invalid("time dimension offset function must be now()");
            }
            if (!call->arguments.empty()) {
                return invalid("time dimension offset now() function requires no arguments");
            }
            window.offset_ns = into_interval(now_ns_);
            return {};
        }
        const auto* text = offset.as<StringLiteral>();
        if (text == nullptr || !looks_like_time(text->value)) {
            return invalid("time dimension offset must be duration or now()");
        }
        const std::optional<TimeLiteral> time = parse_time_literal(text->value);
        if (!time) return invalid("invalid timestamp string");
        window.offset_ns = into_interval(to_nanoseconds(*time));
        return {};
    }

    // Without an upper bound an interval ends now: the future would be endless empty windows.
    void resolve_times() {
        Window& window = compiled_.window;
        if (bounds_.min) compiled_.time_min = to_nanoseconds(*bounds_.min);
        if (bounds_.max) {
            compiled_.time_max = to_nanoseconds(*bounds_.max);
        } else if (window.interval_ns != 0) {
            compiled_.time_max = now_ns_;
        }
        if (window.interval_ns < 0) window.interval_ns = 0;
        window.whole_start = compiled_.time_min;
    }

    Result<void> compile_fields() {
        for (const Field& written : select_.fields) {
            if (const auto* ref = written.expr.as<VarRef>(); ref && ref->name == "time") {
                if (!written.alias.empty()) compiled_.time_name = written.alias;
                continue;
            }
            Field field{reduce(written.expr, std::nullopt), written.alias};
            wildcard_allowed_ = true;
            SLUICE_TRY_VOID(compile_expr(field.expr));
            compiled_.fields.push_back(std::move(field));
        }
        return {};
    }

    Result<void> compile_expr(const Expr& expr) {
        if (expr.is<VarRef>()) {
            has_auxiliary_ = true;
            return {};
        }
        if (expr.is<Wildcard>()) {
            has_auxiliary_ = true;
            if (!wildcard_allowed_) return invalid("unable to use wildcard in a binary expression");
            return {};
        }
        if (expr.is<RegexLiteral>()) {
            if (!wildcard_allowed_) return invalid("unable to use regex in a binary expression");
            has_auxiliary_ = true;
            return {};
        }
        if (const auto* call = expr.as<Call>()) return compile_call(*call);
        if (expr.is<Distinct>()) {
            ++calls_;
            has_distinct_ = true;
            only_selectors_ = false;
            later("distinct()");
            return {};
        }
        if (const auto* binary = expr.as<BinaryExpr>()) return compile_binary(*binary);
        if (const auto* paren = expr.as<ParenExpr>()) return compile_expr(*paren->inner);
        return invalid("field must contain at least one variable");
    }

    Result<void> compile_binary(const BinaryExpr& binary) {
        wildcard_allowed_ = false;
        const bool left = is_literal(*binary.left);
        const bool right = is_literal(*binary.right);
        if (left && right) return invalid("cannot perform a binary expression on two literals");
        if (!left) {
            SLUICE_TRY_VOID(compile_expr(*binary.left));
        }
        if (!right) {
            SLUICE_TRY_VOID(compile_expr(*binary.right));
        }
        return {};
    }

    Result<void> compile_call(const Call& call) {
        if (contains(kMathFunctions, call.name)) {
            later(call.name + "()");
            for (const Expr& argument : call.arguments) {
                if (is_literal(argument)) continue;
                SLUICE_TRY_VOID(compile_expr(argument));
            }
            return {};
        }
        ++calls_;
        if (contains(kLaterFunctions, call.name)) {
            // Its own arguments are not checked yet.
            later(call.name + "()");
            only_selectors_ =
                only_selectors_ && (call.name == "percentile" || call.name == "sample" ||
                                    call.name == "top" || call.name == "bottom");
            return {};
        }
        if (!contains(kAggregates, call.name)) {
            return invalid("undefined function " + call.name + "()");
        }
        if (call.name == "count" || call.name == "sum" || call.name == "mean") {
            only_selectors_ = false;
        }
        if (call.arguments.size() != 1) {
            return invalid("invalid number of arguments for " + call.name + ", expected 1, got " +
                           std::to_string(call.arguments.size()));
        }
        return compile_argument(call.name, call.arguments[0]);
    }

    Result<void> compile_argument(const std::string& name, const Expr& argument) {
        if (argument.is<VarRef>()) return {};
        const auto* inner = argument.as<Call>();
        const bool is_distinct =
            argument.is<Distinct>() || (inner != nullptr && inner->name == "distinct");
        if (name == "count" && is_distinct) {
            later("count(distinct())");
            return {};
        }
        if (argument.is<Wildcard>()) {
            if (!wildcard_allowed_) {
                return invalid("unsupported expression with wildcard: " + name + "()");
            }
            only_selectors_ = false;
            return {};
        }
        if (argument.is<RegexLiteral>()) {
            if (!wildcard_allowed_) {
                return invalid("unsupported expression with regex field: " + name + "()");
            }
            only_selectors_ = false;
            return {};
        }
        return invalid("expected field argument in " + name + "()");
    }

    Result<void> validate_fields() const {
        if (compiled_.fields.empty()) return invalid("at least 1 non-time field must be queried");
        if (calls_ == 0) {
            if (select_.fill == FillOption::kNone) {
                return invalid("fill(none) must be used with a function");
            }
            if (select_.fill == FillOption::kLinear) {
                return invalid("fill(linear) must be used with a function");
            }
            if (compiled_.window.interval_ns != 0) {
                return invalid("GROUP BY requires at least one aggregate function");
            }
        }
        if (has_distinct_ && (calls_ != 1 || has_auxiliary_)) {
            return invalid(
                "aggregate function distinct() cannot be combined with other functions or fields");
        }
        if (has_auxiliary_ && !only_selectors_) {
            return invalid("mixing aggregate and non-aggregate queries is not supported");
        }
        if (has_auxiliary_ && calls_ > 1) {
            return invalid(
                "mixing multiple selector functions with tags or fields is not supported");
        }
        return {};
    }

    // What is right, but beyond what is executed today.
    Result<void> refuse_what_is_missing() const {
        for (const Source& source : select_.sources) {
            if (source.measurement() == nullptr) return unsupported("a subquery");
        }
        if (select_.target) return unsupported("SELECT INTO");
        if (!later_.empty()) return unsupported(later_);
        if (!select_.time_zone.empty() && select_.time_zone != "UTC") return unsupported("tz()");
        return {};
    }

    void later(std::string what) {
        if (later_.empty()) later_ = std::move(what);
    }

    const SelectStatement& select_;
    const TimeLiteral now_;
    const std::int64_t now_ns_;
    CompiledSelect compiled_;
    TimeBounds bounds_;
    std::string later_;  // the first thing that is not executed yet
    bool wildcard_allowed_ = true;
    bool has_auxiliary_ = false;
    bool has_distinct_ = false;
    bool only_selectors_ = true;
    int calls_ = 0;
};

}  // namespace

Result<CompiledSelect> compile_select(const SelectStatement& select, std::int64_t now_ns) {
    return Compiler(select, now_ns).run();
}

}  // namespace sluice::query
