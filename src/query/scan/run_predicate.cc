#include "query/scan/run_predicate.h"

#include <algorithm>
#include <bit>

#include "sluice/base/check.h"

namespace sluice::query {
namespace {

using influxql::Operator;

// Adds `expr` and the parts of it that name a field; says whether it does. One walk for the whole
// condition: to ask at each level of a chain what lies below it would take time quadratic in its
// length.
bool find_fields(const influxql::Expr& expr, std::unordered_set<const influxql::Expr*>& found) {
    bool has_field = false;
    if (const auto* ref = expr.as<influxql::VarRef>()) {
        has_field = is_field_reference(*ref);
    } else if (const auto* paren = expr.as<influxql::ParenExpr>()) {
        has_field = find_fields(*paren->inner, found);
    } else if (const auto* binary = expr.as<influxql::BinaryExpr>()) {
        const bool in_left = find_fields(*binary->left, found);
        has_field = find_fields(*binary->right, found) || in_left;
    } else if (const auto* call = expr.as<influxql::Call>()) {
        for (const influxql::Expr& argument : call->arguments) {
            has_field = find_fields(argument, found) || has_field;
        }
    }
    if (has_field) found.insert(&expr);
    return has_field;
}

// The operator with its sides exchanged.
Operator mirrored(Operator op) {
    switch (op) {
        case Operator::kLess:
            return Operator::kGreater;
        case Operator::kLessOrEqual:
            return Operator::kGreaterOrEqual;
        case Operator::kGreater:
            return Operator::kLess;
        case Operator::kGreaterOrEqual:
            return Operator::kLessOrEqual;
        default:
            return op;
    }
}

// Calls `use` with the comparison as a function object.
template <typename T, typename Use>
auto with_comparison(Operator op, Use&& use) {
    switch (op) {
        case Operator::kEqual:
            return use([](T a, T b) { return a == b; });
        case Operator::kNotEqual:
            return use([](T a, T b) { return a != b; });
        case Operator::kLess:
            return use([](T a, T b) { return a < b; });
        case Operator::kLessOrEqual:
            return use([](T a, T b) { return a <= b; });
        case Operator::kGreater:
            return use([](T a, T b) { return a > b; });
        default:
            return use([](T a, T b) { return a >= b; });
    }
}

// Reads a word of a column as a number of the comparison.
template <typename T>
T read_word(std::uint64_t word, model::FieldType type) {
    if (type == model::FieldType::kInteger) return static_cast<T>(static_cast<std::int64_t>(word));
    return static_cast<T>(std::bit_cast<double>(word));
}

template <typename T>
void compare_words(Operator op, std::span<const std::uint64_t> words, model::FieldType type,
                   T number, std::uint8_t* accepted) {
    with_comparison<T>(op, [&](auto compare) {
        if (type == model::FieldType::kInteger) {
            for (std::size_t i = 0; i < words.size(); ++i) {
                accepted[i] =
                    compare(read_word<T>(words[i], model::FieldType::kInteger), number) ? 1 : 0;
            }
        } else {
            for (std::size_t i = 0; i < words.size(); ++i) {
                accepted[i] =
                    compare(read_word<T>(words[i], model::FieldType::kFloat), number) ? 1 : 0;
            }
        }
    });
}

// Returns what a comparison says of all values from `min` to `max`, both of which occur. Whatever
// lies between is unknown: `min` == 1 and `max` == 3 tell nothing about value == 2.
template <typename T>
Verdict judge_range(Operator op, T min, T max, T number) {
    const auto of = [](bool always, bool never) {
        return always ? Verdict::kAlways : never ? Verdict::kNever : Verdict::kDependsOnFields;
    };
    switch (op) {
        case Operator::kEqual:
            return of(min == number && max == number, number < min || max < number);
        case Operator::kNotEqual:
            return of(number < min || max < number, min == number && max == number);
        case Operator::kLess:
            return of(max < number, min >= number);
        case Operator::kLessOrEqual:
            return of(max <= number, min > number);
        case Operator::kGreater:
            return of(min > number, max <= number);
        default:
            return of(min >= number, max < number);
    }
}

}  // namespace

RunPredicate::RunPredicate(const SelectPlan& plan, const ScanColumns& columns)
    : plan_(plan), columns_(columns) {
    if (!plan.condition || has_mixed_types(*plan.condition)) return;
    Parts with_fields;
    find_fields(*plan.condition, with_fields);
    supported_ = add(*plan.condition, with_fields).has_value();
}

// Returns the number of the node that stands for `expr`, or nothing if some part of it is not a
// comparison of this kind: then the whole condition is left to rows, since a half-decided one would
// have to be evaluated row by row anyway.
std::optional<std::uint32_t> RunPredicate::add(const influxql::Expr& expr,
                                               const Parts& with_fields) {
    if (const auto* paren = expr.as<influxql::ParenExpr>()) return add(*paren->inner, with_fields);
    Node node;
    if (!with_fields.contains(&expr)) {
        node.kind = Node::Kind::kTags;
        node.expression = static_cast<std::uint32_t>(tag_expressions_.size());
        tag_expressions_.push_back(bind_condition(plan_, expr));
    } else {
        const auto* binary = expr.as<influxql::BinaryExpr>();
        if (binary == nullptr) return std::nullopt;
        if (binary->op != Operator::kAnd && binary->op != Operator::kOr) {
            return add_comparison(*binary);
        }
        node.kind = binary->op == Operator::kAnd ? Node::Kind::kAnd : Node::Kind::kOr;
        const auto left = add(*binary->left, with_fields);
        const auto right = left ? add(*binary->right, with_fields) : std::nullopt;
        if (!right) return std::nullopt;
        node.left = *left;
        node.right = *right;
    }
    nodes_.push_back(node);
    return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::optional<std::uint32_t> RunPredicate::add_comparison(const influxql::BinaryExpr& binary) {
    const bool is_ordering = binary.op == Operator::kEqual || binary.op == Operator::kNotEqual ||
                             binary.op >= Operator::kLess;
    if (!is_ordering) return std::nullopt;
    Node node;
    node.kind = Node::Kind::kCompare;
    node.op = binary.op;
    const auto* ref = binary.left->as<influxql::VarRef>();
    const influxql::Expr* literal = &*binary.right;
    if (ref == nullptr) {
        ref = binary.right->as<influxql::VarRef>();
        literal = &*binary.left;
        node.op = mirrored(binary.op);
    }
    if (ref == nullptr) return std::nullopt;
    const int field = condition_position(plan_, *ref);
    if (field < 0 || static_cast<std::size_t>(field) >= plan_.fields.size()) return std::nullopt;
    node.field = static_cast<std::uint32_t>(field);
    const influxql::DataType type = plan_.fields[node.field].type;
    if (type != influxql::DataType::kFloat && type != influxql::DataType::kInteger) {
        return std::nullopt;
    }
    // InfluxDB compares an integer with an integer exactly, and everything else as floats, which
    // shows beyond 2^53.
    if (const auto* integer = literal->as<influxql::IntegerLiteral>()) {
        node.as_integers = type == influxql::DataType::kInteger;
        node.integer = integer->value;
        node.number = static_cast<double>(integer->value);
    } else if (const auto* number = literal->as<influxql::NumberLiteral>()) {
        node.number = number->value;
    } else {
        return std::nullopt;
    }
    nodes_.push_back(node);
    return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void RunPredicate::begin_series(const RowCondition& condition) {
    for (Node& node : nodes_) {
        if (node.kind != Node::Kind::kTags) continue;
        node.passes = tag_expressions_[node.expression].is_true(condition.row());
    }
}

Verdict RunPredicate::judge(const storage::SeriesRun& run) const {
    SLUICE_CHECK(supported_ && !nodes_.empty());
    SLUICE_CHECK(run.statistics.size() == columns_.names.size());
    return judge_node(static_cast<std::uint32_t>(nodes_.size() - 1), run);
}

Verdict RunPredicate::judge_node(std::uint32_t index, const storage::SeriesRun& run) const {
    const Node& node = nodes_[index];
    if (node.kind == Node::Kind::kTags) return node.passes ? Verdict::kAlways : Verdict::kNever;
    if (node.kind != Node::Kind::kCompare) {
        const Verdict left = judge_node(node.left, run);
        const Verdict right = judge_node(node.right, run);
        // A decisive verdict of one side decides alone, and a neutral one leaves it to the other
        // side.
        const bool is_and = node.kind == Node::Kind::kAnd;
        const Verdict decisive = is_and ? Verdict::kNever : Verdict::kAlways;
        const Verdict neutral = is_and ? Verdict::kAlways : Verdict::kNever;
        if (left == decisive || right == decisive) return decisive;
        return left == neutral ? right : right == neutral ? left : Verdict::kDependsOnFields;
    }
    const storage::ColumnStatistics& column = run.statistics[columns_.column_of_field[node.field]];
    // A row without the field passes no comparison, not even !=.
    if (column.count == 0) return Verdict::kNever;
    // The values would be cast before they are compared, which min and max say nothing about.
    if (data_type_of(column.type) != plan_.fields[node.field].type) {
        return Verdict::kDependsOnFields;
    }
    if (node.as_integers) {
        return judge_range<std::int64_t>(node.op, static_cast<std::int64_t>(column.min),
                                         static_cast<std::int64_t>(column.max), node.integer);
    }
    return judge_range<double>(node.op, read_word<double>(column.min, column.type),
                               read_word<double>(column.max, column.type), node.number);
}

bool RunPredicate::evaluate(const storage::SeriesRun& run, std::vector<std::uint8_t>& accepted) {
    SLUICE_CHECK(supported_ && !nodes_.empty());
    SLUICE_CHECK(run.columns.size() == columns_.names.size());
    accepted.resize(run.rows);
    return evaluate_node(static_cast<std::uint32_t>(nodes_.size() - 1), run, accepted, 0);
}

bool RunPredicate::evaluate_node(std::uint32_t index, const storage::SeriesRun& run,
                                 std::vector<std::uint8_t>& accepted, std::size_t depth) {
    const Node& node = nodes_[index];
    if (node.kind == Node::Kind::kTags) {
        std::fill(accepted.begin(), accepted.end(), node.passes ? 1 : 0);
        return true;
    }
    if (node.kind != Node::Kind::kCompare) {
        if (!evaluate_node(node.left, run, accepted, depth)) return false;
        if (masks_.size() == depth) masks_.emplace_back();
        std::vector<std::uint8_t>& right = masks_[depth];
        right.resize(run.rows);
        if (!evaluate_node(node.right, run, right, depth + 1)) return false;
        for (std::size_t i = 0; i < run.rows; ++i) {
            if (node.kind == Node::Kind::kAnd) {
                accepted[i] &= right[i];
            } else {
                accepted[i] |= right[i];
            }
        }
        return true;
    }
    const storage::ColumnView& column = run.columns[columns_.column_of_field[node.field]];
    if (column.all_null) {
        std::fill(accepted.begin(), accepted.end(), 0);
        return true;
    }
    if (data_type_of(column.type) != plan_.fields[node.field].type) return false;
    // compare_words() writes one element for each word.
    SLUICE_CHECK(column.words.size() == run.rows);
    if (node.as_integers) {
        compare_words<std::int64_t>(node.op, column.words, column.type, node.integer,
                                    accepted.data());
    } else {
        compare_words<double>(node.op, column.words, column.type, node.number, accepted.data());
    }
    // The loop above took the elements of rows without a value, which are unspecified, for values.
    if (column.validity == nullptr) return true;
    for (std::size_t i = 0; i < run.rows; ++i) {
        if (!column.is_valid(i)) accepted[i] = 0;
    }
    return true;
}

}  // namespace sluice::query
