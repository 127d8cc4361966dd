#include "query/compile/compile.h"

#include <algorithm>
#include <set>

#include "query/compile/compile_field.h"
#include "query/expr/evaluate.h"
#include "query/expr/function_table.h"
#include "query/expr/math_functions.h"
#include "sluice/influxql/condition.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/reduce.h"
#include "sluice/influxql/time_literal.h"

namespace sluice::query {
namespace {

using namespace influxql;

// Scans of one statement, about a megabyte each. Without a bound a client could ask for any number
// of them in a few bytes each.
constexpr std::size_t kScansMax = 256;

Error invalid(std::string message) {
    return {ErrorKind::kInvalid, std::move(message)};
}

// Upper and lower case alike: setting bit 5 makes a letter small.
bool names_time(std::string_view name) {
    return name.size() == 4 && (name[0] | 0x20) == 't' && (name[1] | 0x20) == 'i' &&
           (name[2] | 0x20) == 'm' && (name[3] | 0x20) == 'e';
}

// Replaces calls of math functions with nothing but literals by what they give. What has no value
// becomes a literal without one: an empty list.
//
// What stands in a call is reduced on the way, level by level from below: to reduce each argument
// as a whole would visit what lies in nested calls once for each of them.
Expr fold_math(const Expr& expr, bool in_call = false) {
    if (const auto* paren = expr.as<ParenExpr>()) {
        Expr inner = fold_math(*paren->inner, in_call);
        if (in_call && !inner.is<BinaryExpr>()) return inner;
        return ParenExpr{std::move(inner)};
    }
    if (const auto* binary = expr.as<BinaryExpr>()) {
        Expr left = fold_math(*binary->left, in_call);
        Expr right = fold_math(*binary->right, in_call);
        if (in_call) return reduce_operation(binary->op, std::move(left), std::move(right));
        return BinaryExpr{binary->op, std::move(left), std::move(right)};
    }
    const auto* written = expr.as<Call>();
    if (written == nullptr) return expr;
    Call call{written->name, {}, written->function};
    for (const Expr& argument : written->arguments) {
        Expr folded = fold_math(argument, true);
        if (auto* paren = folded.as<ParenExpr>()) {
            Expr inner = std::move(*paren->inner);
            folded = std::move(inner);
        }
        call.arguments.push_back(std::move(folded));
    }
    const FunctionInfo* info = find_function(call);
    if (info == nullptr || info->kind != FunctionKind::kMath ||
        call.arguments.size() != math_argument_count(info->function) ||
        !std::all_of(call.arguments.begin(), call.arguments.end(), is_literal)) {
        return call;
    }
    const Value value = RowExpression(
                            call, [](const VarRef&) { return -1; }, false)
                            .evaluate(nullptr);
    if (value.kind() == Value::Kind::kFloat) return NumberLiteral{value.as_float()};
    if (value.kind() == Value::Kind::kInteger) return IntegerLiteral{value.as_integer()};
    return ListLiteral{};
}

// DISTINCT name, as a field or an argument of a call, is distinct(name). Elsewhere it has no value
// (influxql/ast.go: RewriteDistinct).
void make_distinct_calls(Expr& field) {
    const auto replace = [](Expr& expr) {
        const auto* distinct = expr.as<Distinct>();
        if (distinct == nullptr) return;
        Expr name = VarRef{distinct->name, DataType::kUnknown};
        expr = make_call(Function::kDistinct, {std::move(name)});
    };
    replace(field);
    walk(field, [&](Expr& part) {
        auto* call = part.as<Call>();
        if (call == nullptr) return;
        for (Expr& argument : call->arguments) replace(argument);
    });
}

// A Compiler works on one SELECT; subqueries have compilers of their own, which look at the one
// around them for what they inherit. run() goes through the clauses in InfluxDB's order.
class Compiler {
public:
    // `outer` is the statement whose subquery this is, or null. `scans` counts for all of them.
    Compiler(const SelectStatement& select, std::int64_t now_ns, const Compiler* outer,
             std::size_t& scans)
        : scans_(scans),
          select_(select),
          now_(time_from_nanoseconds(now_ns)),
          now_ns_(now_ns),
          outer_(outer),
          fill_(select.fill) {}

    Result<std::unique_ptr<SelectNode>> run() {
        SLUICE_TRY_VOID(count_scans());
        SLUICE_TRY_VOID(compile_condition());
        SLUICE_TRY_VOID(compile_dimensions());
        SLUICE_TRY_VOID(take_over());
        resolve_times();
        SLUICE_TRY_VOID(compile_fields());
        SLUICE_TRY_VOID(validate_fields());
        for (const Source& source : select_.sources) {
            const SelectStatement* subquery = source.subquery();
            if (subquery == nullptr) continue;
            SLUICE_TRY(std::unique_ptr<SelectNode> inner,
                       Compiler(*subquery, now_ns_, this, scans_).run());
            inner->is_subquery = true;
            node_->subqueries.push_back(std::move(inner));
        }
        copy_clauses();
        return std::move(node_);
    }

private:
    // The clauses that need no check, or have been checked as they are.
    void copy_clauses() {
        node_->frame.ascending = select_.ascending();
        node_->fill = {select_.fill, select_.fill_value};
        node_->limits = {select_.limit, select_.offset, select_.series_limit,
                         select_.series_offset};
        node_->has_target = select_.target.has_value();
        if (!select_.time_zone.empty()) node_->zone = TimeZone::find(select_.time_zone);
        node_->frame.window.zone = node_->zone.get();
        node_->subqueries_first =
            !select_.sources.empty() && select_.sources[0].subquery() != nullptr;
    }

    // Of measurements that are named for the first time all rows come from one scan; each further
    // mention and each subquery has a scan of its own, with buffers of its own.
    Result<void> count_scans() {
        std::set<std::string_view> names;
        for (const Source& source : select_.sources) {
            const Measurement* measurement = source.measurement();
            if (measurement != nullptr && names.insert(measurement->name).second) continue;
            if (++scans_ > kScansMax)
                return invalid("too many subqueries or repeated measurements");
        }
        return {};
    }

    Result<void> compile_condition() {
        SLUICE_TRY(Condition condition, split_condition(select_.condition, now_));
        if (condition.expr) {
            resolve_functions(*condition.expr);
            SLUICE_TRY_VOID(validate_condition(*condition.expr));
        }
        node_->condition = std::move(condition.expr);
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
        if (!is_math_function(*call)) {
            return invalid("invalid function call in condition: " + to_string(expr));
        }
        // The original counts one argument for log() here, though it takes two elsewhere.
        const Function function = function_of(*call);
        const std::size_t expected = function == Function::kLog ? 1 : math_argument_count(function);
        if (call->arguments.size() != expected) {
            return invalid("invalid number of arguments for " + call->name + ", expected " +
                           std::to_string(expected) + ", got " +
                           std::to_string(call->arguments.size()));
        }
        for (const Expr& argument : call->arguments) {
            SLUICE_TRY_VOID(validate_condition(argument));
        }
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
            node_->wildcard_dimensions.push_back(std::move(dimension));
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
        if (node_->frame.window.interval_ns != 0) {
            return invalid("multiple time dimensions not allowed");
        }
        node_->frame.window.interval_ns = interval->nanoseconds;
        if (call.arguments.size() == 2) return compile_offset(call.arguments[1]);
        return {};
    }

    // An offset is brought into the interval, with the sign that Go's remainder has: windows are
    // the same for offsets that differ by whole intervals.
    Result<void> compile_offset(const Expr& offset) {
        Window& window = node_->frame.window;
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
        // Taken here and refused when the statement is executed (SelectNode::refused_offset).
        if (!parse_time_literal(text->value)) return invalid("invalid timestamp string");
        node_->refused_offset = to_string(offset);
        return {};
    }

    // The things that a subquery takes over from the statement around it.
    Result<void> take_over() {
        interval_ns_ = node_->frame.window.interval_ns;
        if (outer_ == nullptr) return {};
        if (!select_.sort_fields.empty() && select_.ascending() != outer_->ascending()) {
            return invalid("subqueries must be ordered in the same direction as the query itself");
        }
        // fill(null) of a subquery would give rows of nothing to the query around it.
        if (interval_ns_ != 0 && fill_ == FillOption::kNull) fill_ = FillOption::kNone;
        if (interval_ns_ == 0 && outer_->interval_ns_ != 0) {
            interval_ns_ = outer_->interval_ns_;
            inherits_interval_ = true;
        }
        return {};
    }

    bool ascending() const { return outer_ == nullptr ? select_.ascending() : outer_->ascending(); }

    // Without an upper bound an interval ends now: the future would be endless empty windows.
    void resolve_times() {
        Window& window = node_->frame.window;
        if (bounds_.min) node_->frame.time_min = to_nanoseconds(*bounds_.min);
        if (bounds_.max) {
            node_->frame.time_max = to_nanoseconds(*bounds_.max);
            node_->has_time_max = true;
        } else if (window.interval_ns != 0) {
            node_->frame.time_max = now_ns_;
        }
        // A negative interval passes the checks, and groups by nothing.
        if (window.interval_ns < 0) window.interval_ns = 0;
        window.whole_start = node_->frame.time_min;
    }

    Result<void> compile_fields() {
        list_.has_interval = interval_ns_ != 0;
        list_.has_inherited_interval = inherits_interval_;
        list_.has_target = select_.target.has_value();
        list_.limit = select_.limit;
        for (const Field& written : select_.fields) {
            // The time of a row is always there; to name it as a field only gives it another name.
            if (const auto* ref = written.expr.as<VarRef>(); ref && ref->name == "time") {
                if (!written.alias.empty()) node_->time_name = written.alias;
                continue;
            }
            Expr resolved = written.expr;
            resolve_functions(resolved);
            Field field{reduce(fold_math(resolved), std::nullopt), written.alias};
            ++list_.columns;
            SLUICE_TRY_VOID(FieldCompiler(list_).compile(field.expr));
            // Subqueries are left as they are.
            if (outer_ == nullptr) make_distinct_calls(field.expr);
            node_->fields.push_back(std::move(field));
        }
        return {};
    }

    Result<void> validate_fields() const {
        if (list_.columns == 0) return invalid("at least 1 non-time field must be queried");
        if (list_.calls > 1 && !list_.top_or_bottom.empty()) {
            return invalid("selector function " + list_.top_or_bottom +
                           "() cannot be combined with other functions");
        }
        if (list_.calls == 0) {
            SLUICE_TRY_VOID(validate_without_calls());
        }
        if (list_.has_distinct && (list_.calls != 1 || list_.has_auxiliary)) {
            return invalid(
                "aggregate function distinct() cannot be combined with other functions or fields");
        }
        if (list_.has_auxiliary && !list_.only_selectors) {
            return invalid("mixing aggregate and non-aggregate queries is not supported");
        }
        if (list_.has_auxiliary && list_.calls > 1) {
            return invalid(
                "mixing multiple selector functions with tags or fields is not supported");
        }
        return {};
    }

    Result<void> validate_without_calls() const {
        if (fill_ == FillOption::kNone) return invalid("fill(none) must be used with a function");
        if (fill_ == FillOption::kLinear) {
            return invalid("fill(linear) must be used with a function");
        }
        if (interval_ns_ != 0 && !inherits_interval_) {
            return invalid("GROUP BY requires at least one aggregate function");
        }
        return {};
    }

    std::size_t& scans_;
    const SelectStatement& select_;
    const TimeLiteral now_;
    const std::int64_t now_ns_;
    const Compiler* outer_;
    std::unique_ptr<SelectNode> node_ = std::make_unique<SelectNode>();
    TimeBounds bounds_;
    FillOption fill_;               // as the checks see it; the node has that of the statement
    std::int64_t interval_ns_ = 0;  // of GROUP BY time(), perhaps the outer statement's
    bool inherits_interval_ = false;
    FieldList list_;
};

}  // namespace

Result<std::unique_ptr<SelectNode>> compile_select(const SelectStatement& select,
                                                   std::int64_t now_ns) {
    std::size_t scans = 0;
    return Compiler(select, now_ns, nullptr, scans).run();
}

}  // namespace sluice::query
