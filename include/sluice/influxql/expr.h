// Expressions of InfluxQL as values: copying an expression copies the whole tree.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/influxql/regex.h"

namespace sluice::influxql {

// The type that a reference stands for. The numbers give the precedence where sources disagree
// (data_type_less).
enum class DataType : std::uint8_t {
    kUnknown = 0,
    kFloat = 1,
    kInteger = 2,
    kString = 3,
    kBoolean = 4,
    kTime = 5,
    kDuration = 6,
    kTag = 7,
    kAnyField = 8,
    kUnsigned = 9,
};

// "float", "tag", …; kAnyField is "field".
std::string_view data_type_name(DataType type);

// Returns whether `other` wins over `type` when two sources give one name different types
// (influxql/ast.go: DataType.LessThan). Unknown loses to everything.
bool data_type_less(DataType type, DataType other);

enum class Operator : std::uint8_t {
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kModulo,
    kBitwiseAnd,
    kBitwiseOr,
    kBitwiseXor,
    kAnd,
    kOr,
    kEqual,
    kNotEqual,
    kMatches,     // =~
    kNotMatches,  // !~
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
};

std::string_view operator_text(Operator op);
// Higher binds tighter: OR 1, AND 2, comparisons 3, additive 4, multiplicative 5.
int operator_precedence(Operator op);
bool is_comparison(Operator op);

// An owned value on the heap that copies with its owner; may be empty.
template <typename T>
class Box {
public:
    Box() = default;
    template <typename U>
    requires std::same_as<std::remove_cvref_t<U>, T> Box(U&& value)  // NOLINT: implicit
        : value_(std::make_unique<T>(std::forward<U>(value))) {}
    Box(const Box& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
    Box(Box&&) noexcept = default;
    Box& operator=(const Box& other) {
        Box copy(other);
        value_ = std::move(copy.value_);
        return *this;
    }
    Box& operator=(Box&&) noexcept = default;
    ~Box() = default;

    explicit operator bool() const { return value_ != nullptr; }
    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return value_.get(); }
    const T* operator->() const { return value_.get(); }
    T* get() { return value_.get(); }
    const T* get() const { return value_.get(); }
    void reset() { value_.reset(); }

private:
    std::unique_ptr<T> value_;
};

struct Expr;
using ExprBox = Box<Expr>;

// A field, a tag or "time".
struct VarRef {
    std::string name;
    DataType type = DataType::kUnknown;  // as written after "::", or as the planner found it
    bool operator==(const VarRef&) const = default;
};
struct Call {
    std::string name;  // lower case
    std::vector<Expr> arguments;
    // The number of the function that `name` means, in the table of whoever runs the statement. The
    // parser knows no functions and leaves it out.
    std::optional<std::uint8_t> function = {};
};
struct BinaryExpr {
    Operator op = Operator::kAdd;
    ExprBox left;
    ExprBox right;
};
struct ParenExpr {
    ExprBox inner;
};
struct NumberLiteral {
    double value = 0;
};
struct IntegerLiteral {
    std::int64_t value = 0;
};
// Only for integers beyond int64.
struct UnsignedLiteral {
    std::uint64_t value = 0;
};
struct BooleanLiteral {
    bool value = false;
};
struct StringLiteral {
    std::string value;
};
struct DurationLiteral {
    std::int64_t nanoseconds = 0;
};
// Does not come from the parser: reducing an expression with now() or a date string makes it.
// Seconds and nanoseconds, since a date may lie outside the range of nanosecond timestamps.
struct TimeLiteral {
    std::int64_t seconds = 0;  // since 1970-01-01 UTC
    std::int32_t nanoseconds = 0;
    auto operator<=>(const TimeLiteral&) const = default;
};
struct RegexLiteral {
    Regex regex;
};
// The keys of WITH KEY IN (…).
struct ListLiteral {
    std::vector<std::string> values;
};
enum class WildcardKind : std::uint8_t { kAll, kFields, kTags };
struct Wildcard {
    WildcardKind kind = WildcardKind::kAll;
};
// DISTINCT name, without parentheses.
struct Distinct {
    std::string name;
};

struct Expr {
    using Node = std::variant<VarRef, Call, BinaryExpr, ParenExpr, NumberLiteral, IntegerLiteral,
                              UnsignedLiteral, BooleanLiteral, StringLiteral, DurationLiteral,
                              TimeLiteral, RegexLiteral, ListLiteral, Wildcard, Distinct>;

    // Implicit, so that a node can stand where an expression is wanted.
    template <typename T>
    requires(!std::same_as<std::remove_cvref_t<T>, Expr>) Expr(T&& value)  // NOLINT: implicit
        : node(std::forward<T>(value)) {}

    template <typename T>
    T* as() {
        return std::get_if<T>(&node);
    }
    template <typename T>
    const T* as() const {
        return std::get_if<T>(&node);
    }
    template <typename T>
    bool is() const {
        return std::holds_alternative<T>(node);
    }

    Node node;
};

bool is_literal(const Expr& expr);

// Calls `visit` for `expr` and everything below it, parents first.
template <typename Visit>
void walk(const Expr& expr, Visit&& visit) {
    visit(expr);
    if (const auto* call = expr.as<Call>()) {
        for (const Expr& argument : call->arguments) walk(argument, visit);
    } else if (const auto* binary = expr.as<BinaryExpr>()) {
        walk(*binary->left, visit);
        walk(*binary->right, visit);
    } else if (const auto* paren = expr.as<ParenExpr>()) {
        walk(*paren->inner, visit);
    }
}
template <typename Visit>
void walk(Expr& expr, Visit&& visit) {
    visit(expr);
    if (auto* call = expr.as<Call>()) {
        for (Expr& argument : call->arguments) walk(argument, visit);
    } else if (auto* binary = expr.as<BinaryExpr>()) {
        walk(*binary->left, visit);
        walk(*binary->right, visit);
    } else if (auto* paren = expr.as<ParenExpr>()) {
        walk(*paren->inner, visit);
    }
}

}  // namespace sluice::influxql
