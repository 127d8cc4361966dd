#include "sluice/influxql/reduce.h"

#include "influxql/reduce_literals.h"

namespace sluice::influxql {
namespace {

bool is_boolean(const Expr& expr, bool value) {
    const auto* boolean = expr.as<BooleanLiteral>();
    return boolean != nullptr && boolean->value == value;
}

// now() is the moment at which the statement began, the same wherever it stands.
Expr reduce_call(const Call& call, const std::optional<TimeLiteral>& now) {
    if (now && call.name == "now" && call.arguments.empty()) return *now;
    Call reduced{call.name, {}, call.function};
    reduced.arguments.reserve(call.arguments.size());
    for (const Expr& argument : call.arguments) {
        reduced.arguments.push_back(reduce_inner(argument, now));
    }
    return reduced;
}

}  // namespace

// AND and OR with a known side are decided without types: what the other side would be does not
// count any more.
Expr reduce_operation(Operator op, Expr left, Expr right) {
    if (op == Operator::kAnd) {
        if (is_boolean(left, false) || is_boolean(right, false)) return BooleanLiteral{false};
        if (is_boolean(left, true)) return right;
        if (is_boolean(right, true)) return left;
    } else if (op == Operator::kOr) {
        if (is_boolean(left, true) || is_boolean(right, true)) return BooleanLiteral{true};
        if (is_boolean(left, false)) return right;
        if (is_boolean(right, false)) return left;
    }
    if (std::optional<Expr> folded = reduce_literals(op, left, right)) return std::move(*folded);
    return BinaryExpr{op, std::move(left), std::move(right)};
}

// It recurses as deep as the tree, which the parser bounds (kExpressionLevelsMax). Parentheses stay
// around operations only, where they change what is computed.
Expr reduce_inner(const Expr& expr, const std::optional<TimeLiteral>& now) {
    if (const auto* binary = expr.as<BinaryExpr>()) {
        Expr left = reduce_inner(*binary->left, now);
        return reduce_operation(binary->op, std::move(left), reduce_inner(*binary->right, now));
    }
    if (const auto* call = expr.as<Call>()) return reduce_call(*call, now);
    if (const auto* paren = expr.as<ParenExpr>()) {
        Expr inner = reduce_inner(*paren->inner, now);
        if (inner.is<BinaryExpr>()) return ParenExpr{std::move(inner)};
        return inner;
    }
    return expr;
}

Expr reduce(const Expr& expr, const std::optional<TimeLiteral>& now) {
    Expr reduced = reduce_inner(expr, now);
    if (auto* paren = reduced.as<ParenExpr>()) {
        Expr inner = std::move(*paren->inner);
        return inner;
    }
    return reduced;
}

std::string go_type_name(const Expr& expr) {
    // In the order of Expr::Node.
    static constexpr std::string_view kNames[] = {
        "VarRef",          "Call",           "BinaryExpr",
        "ParenExpr",       "NumberLiteral",  "IntegerLiteral",
        "UnsignedLiteral", "BooleanLiteral", "StringLiteral",
        "DurationLiteral", "TimeLiteral",    "RegexLiteral",
        "ListLiteral",     "Wildcard",       "Distinct"};
    static_assert(std::size(kNames) == std::variant_size_v<Expr::Node>);
    return "*influxql." + std::string(kNames[expr.node.index()]);
}

}  // namespace sluice::influxql
