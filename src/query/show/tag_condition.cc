#include "query/show/tag_condition.h"

#include <algorithm>

#include "query/expr/evaluate.h"
#include "query/session/tag_choice.h"
#include "sluice/influxql/printer.h"
#include "sluice/query/value_text.h"

namespace sluice::query {
namespace {

using namespace influxql;

// The comparisons that tags have.
bool is_match(Operator op) {
    return op == Operator::kEqual || op == Operator::kNotEqual || op == Operator::kMatches ||
           op == Operator::kNotMatches;
}

bool is_negated(Operator op) {
    return op == Operator::kNotEqual || op == Operator::kNotMatches;
}

}  // namespace

// influxql/ast.go: IsSystemName
bool is_system_name(std::string_view name) {
    constexpr std::string_view kNames[] = {"_fieldKeys", "_measurements", "_name", "_series",
                                           "_tagKey",    "_tagKeys",      "_tags"};
    return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// kConstant stands for everything that series do not decide, and for true and false themselves.
struct TagCondition::Node {
    enum class Kind : std::uint8_t { kAnd, kOr, kConstant, kText, kRegex, kTwoTags };
    Kind kind = Kind::kConstant;
    Truth constant = Truth::kNo;
    std::shared_ptr<Node> left;
    std::shared_ptr<Node> right;
    bool negated = false;
    std::string tag;
    std::string text;  // kTwoTags: the other tag
    const Regex* regex = nullptr;
};

TagCondition::TagCondition(const Expr* condition, Options options,
                           const std::function<bool(std::string_view)>& is_field)
    : options_(options), cost_(evaluation_cost(condition)), is_field_(is_field) {
    if (condition != nullptr) root_ = build(*condition);
    if (root_ != nullptr) choice_ = choice_of(*root_);
}

// Of AND either side alone is a necessary condition, and the first one that is found will do.
std::optional<storage::TagChoice> TagCondition::choice_of(const Node& node) {
    switch (node.kind) {
        case Node::Kind::kText:
            if (node.negated || node.tag == "_name") return std::nullopt;
            return query::choice_of(node.tag, node.text);
        case Node::Kind::kAnd: {
            std::optional<storage::TagChoice> left = choice_of(*node.left);
            return left ? left : choice_of(*node.right);
        }
        case Node::Kind::kOr:
            return either_choice(choice_of(*node.left), choice_of(*node.right));
        case Node::Kind::kConstant:
        case Node::Kind::kRegex:
        case Node::Kind::kTwoTags:
            break;
    }
    return std::nullopt;
}

bool TagCondition::accepts(const model::SeriesName& series) const {
    if (root_ == nullptr) return true;
    const Truth truth = judge(*root_, series);
    return truth == Truth::kYes || (truth == Truth::kUndecided && options_.undecided_passes);
}

// Returns null if nothing of `expr` belongs to this condition.
std::shared_ptr<TagCondition::Node> TagCondition::build(const Expr& expr) const {
    if (const auto* paren = expr.as<ParenExpr>()) return build(*paren->inner);
    auto node = std::make_shared<Node>();
    if (const auto* constant = expr.as<BooleanLiteral>()) {
        node->constant = constant->value ? Truth::kYes : Truth::kNo;
        return node;
    }
    const auto* binary = expr.as<BinaryExpr>();
    if (binary == nullptr) return node;
    if (binary->op != Operator::kAnd && binary->op != Operator::kOr) {
        return build_comparison(*binary);
    }
    node->kind = binary->op == Operator::kAnd ? Node::Kind::kAnd : Node::Kind::kOr;
    node->left = build(*binary->left);
    node->right = build(*binary->right);
    if (node->left == nullptr) return node->right;
    if (node->right == nullptr) return node->left;
    return node;
}

// tsdb/index.go: seriesByBinaryExprIterator
std::shared_ptr<TagCondition::Node> TagCondition::build_comparison(const BinaryExpr& binary) const {
    auto node = std::make_shared<Node>();
    node->constant = Truth::kUndecided;
    const auto* key = binary.left->as<VarRef>();
    if (is_match(binary.op)) {
        const bool left_out = key == nullptr ? !options_.with_name
                                             : is_system_name(key->name) &&
                                                   !(options_.with_name && key->name == "_name");
        if (left_out) return nullptr;
        if (options_.without_value && key != nullptr && key->name == kTagValue) return nullptr;
    }
    if (binary.left->is<BinaryExpr>() || binary.right->is<BinaryExpr>()) return node;
    const Expr* value = binary.right.get();
    if (key == nullptr) {
        key = binary.right->as<VarRef>();
        value = binary.left.get();
    }
    if (key == nullptr) return node;
    const auto is_field = [&](const VarRef& ref) {
        if (ref.name == "_name" || ref.type == DataType::kTag) return false;
        return ref.type != DataType::kUnknown || is_field_(ref.name);
    };
    if (is_field(*key)) return node;
    node->tag = key->name;
    node->negated = is_negated(binary.op);
    if (const auto* text = value->as<StringLiteral>()) {
        node->constant = Truth::kNo;
        if (binary.op != Operator::kEqual && binary.op != Operator::kNotEqual) return node;
        node->kind = Node::Kind::kText;
        node->text = text->value;
    } else if (const auto* regex = value->as<RegexLiteral>()) {
        node->kind = Node::Kind::kRegex;
        node->regex = &regex->regex;
    } else if (const auto* other = value->as<VarRef>()) {
        // A SELECT compares two tags in another way, which finds nothing here.
        if (is_field(*other) || !options_.undecided_passes) return node;
        node->kind = Node::Kind::kTwoTags;
        node->text = other->name;
        node->negated = binary.op != Operator::kEqual;
    }
    return node;
}

// Truth is ordered kNo < kUndecided < kYes, so AND is the minimum of both sides and OR the maximum,
// as in Kleene's logic.
TagCondition::Truth TagCondition::judge(const Node& node, const model::SeriesName& series) {
    const auto value_of = [&](std::string_view tag) -> std::string_view {
        return tag == "_name" ? std::string_view(series.measurement) : series.tag_value(tag);
    };
    const auto as_truth = [&](bool equal) {
        return equal != node.negated ? Truth::kYes : Truth::kNo;
    };
    switch (node.kind) {
        case Node::Kind::kAnd:
            return std::min(judge(*node.left, series), judge(*node.right, series));
        case Node::Kind::kOr:
            return std::max(judge(*node.left, series), judge(*node.right, series));
        case Node::Kind::kText:
            return as_truth(value_of(node.tag) == node.text);
        case Node::Kind::kRegex:
            return as_truth(node.regex->matches(value_of(node.tag)));
        case Node::Kind::kTwoTags: {
            // InfluxDB looks which series have the tags, not at their values.
            const bool first = !value_of(node.tag).empty();
            const bool second = !value_of(node.text).empty();
            return first && second != node.negated ? Truth::kYes : Truth::kNo;
        }
        case Node::Kind::kConstant:
            break;
    }
    return node.constant;
}

struct NameCondition::Node {
    bool is_and = false;
    std::shared_ptr<Node> left;  // null: a comparison
    std::shared_ptr<Node> right;
    bool negated = false;
    std::string text;
    const Regex* regex = nullptr;
};

Result<NameCondition> NameCondition::make(const Expr* condition, std::string_view subject,
                                          Others others) {
    NameCondition made;
    if (condition == nullptr) return made;
    if (const auto* constant = condition->as<BooleanLiteral>(); constant && constant->value) {
        return made;
    }
    SLUICE_TRY(made.root_, build(*condition, subject, others));
    return made;
}

bool NameCondition::accepts(std::string_view name) const {
    return root_ == nullptr || judge(*root_, name);
}

// Comparisons of other names are as if not written: they build nothing, and AND and OR pass on the
// side that is there.
Result<std::shared_ptr<NameCondition::Node>> NameCondition::build(const Expr& expr,
                                                                  std::string_view subject,
                                                                  Others others) {
    using Built = std::shared_ptr<Node>;
    const auto refuse = [&](std::string text) -> Result<Built> {
        return Error{ErrorKind::kInvalid, std::move(text)};
    };
    if (const auto* paren = expr.as<ParenExpr>()) return build(*paren->inner, subject, others);
    const auto* binary = expr.as<BinaryExpr>();
    if (binary == nullptr && others == Others::kPassedOver) return Built();
    if (binary == nullptr) return refuse(go_syntax(expr));
    auto node = std::make_shared<Node>();
    if (binary->op == Operator::kAnd || binary->op == Operator::kOr) {
        node->is_and = binary->op == Operator::kAnd;
        SLUICE_TRY(node->left, build(*binary->left, subject, others));
        SLUICE_TRY(node->right, build(*binary->right, subject, others));
        if (node->left == nullptr) return node->right;
        if (node->right == nullptr) return node->left;
        return node;
    }
    const std::string op(operator_text(binary->op));
    if (!is_match(binary->op)) {
        if (others == Others::kPassedOver) return Built();
        return refuse("invalid tag comparison operator");
    }
    const auto* key = binary->left->as<VarRef>();
    if (key == nullptr && subject == "_tagKey" && others == Others::kRefused) {
        return refuse("left side of '" + op + "' must be a tag key");
    }
    if (key == nullptr || key->name != subject) return Built();
    node->negated = is_negated(binary->op);
    if (const auto* regex = binary->right->as<RegexLiteral>()) {
        node->regex = &regex->regex;
    } else if (const auto* text = binary->right->as<StringLiteral>()) {
        node->text = text->value;
    } else {
        return refuse("right side of '" + op + "' must be a tag value string");
    }
    return node;
}

bool NameCondition::judge(const Node& node, std::string_view name) {
    if (node.left != nullptr) {
        return node.is_and ? judge(*node.left, name) && judge(*node.right, name)
                           : judge(*node.left, name) || judge(*node.right, name);
    }
    return (node.regex != nullptr ? node.regex->matches(name) : name == node.text) != node.negated;
}

bool compares_time(const Expr* condition) {
    if (condition == nullptr) return false;
    bool found = false;
    const auto is_time = [](const Expr& side) {
        const auto* ref = side.as<VarRef>();
        return ref != nullptr &&
               (ref->name == "time" || ref->name == "TIME" || ref->name == "Time");
    };
    walk(*condition, [&](const Expr& part) {
        const auto* binary = part.as<BinaryExpr>();
        if (binary != nullptr) found = found || is_time(*binary->left) || is_time(*binary->right);
    });
    return found;
}

std::string go_syntax(const Expr& expr) {
    const auto literal = [](std::string_view kind, std::string_view value) {
        return "&influxql." + std::string(kind) + "{Val:" + std::string(value) + "}";
    };
    if (const auto* flag = expr.as<BooleanLiteral>()) {
        return literal("BooleanLiteral", flag->value ? "true" : "false");
    }
    if (const auto* number = expr.as<IntegerLiteral>()) {
        return literal("IntegerLiteral", std::to_string(number->value));
    }
    if (const auto* number = expr.as<NumberLiteral>()) {
        std::string text;
        append_plain_float(text, number->value);
        return literal("NumberLiteral", text);
    }
    if (const auto* text = expr.as<StringLiteral>()) {
        std::string quoted;
        append_json_string(quoted, text->value);
        return literal("StringLiteral", quoted);
    }
    if (const auto* ref = expr.as<VarRef>()) {
        return "&influxql.VarRef{Val:\"" + ref->name +
               "\", Type:" + std::to_string(static_cast<int>(ref->type)) + "}";
    }
    return "invalid condition expression: " + to_string(expr);
}

}  // namespace sluice::query
