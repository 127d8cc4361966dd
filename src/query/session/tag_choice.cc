#include "query/session/tag_choice.h"

namespace sluice::query {
namespace {

using namespace influxql;
using storage::TagChoice;

// Each value is looked up by itself: a condition with more of them is better judged key by key.
constexpr std::size_t kValuesMax = 256;

std::optional<TagChoice> of_comparison(const Expr& name, const Expr& literal) {
    const auto* tag = name.as<VarRef>();
    const auto* value = literal.as<StringLiteral>();
    if (tag == nullptr || value == nullptr || tag->type != DataType::kTag) return std::nullopt;
    return choice_of(tag->name, value->value);
}

}  // namespace

std::optional<TagChoice> choice_of(std::string_view tag, std::string_view value) {
    if (!TagChoice::is_plain(tag) || !TagChoice::is_plain(value)) return std::nullopt;
    return TagChoice{std::string(tag), {std::string(value)}};
}

std::optional<TagChoice> either_choice(std::optional<TagChoice> left,
                                       std::optional<TagChoice> right) {
    if (!left || !right || left->tag != right->tag) return std::nullopt;
    if (left->values.size() + right->values.size() > kValuesMax) return std::nullopt;
    left->values.insert(left->values.end(), right->values.begin(), right->values.end());
    return left;
}

std::optional<TagChoice> tag_choice(const Expr& condition) {
    if (const auto* paren = condition.as<ParenExpr>()) return tag_choice(*paren->inner);
    const auto* binary = condition.as<BinaryExpr>();
    if (binary == nullptr) return std::nullopt;
    if (binary->op == Operator::kEqual) {
        std::optional<TagChoice> choice = of_comparison(*binary->left, *binary->right);
        return choice ? choice : of_comparison(*binary->right, *binary->left);
    }
    if (binary->op == Operator::kOr) {
        return either_choice(tag_choice(*binary->left), tag_choice(*binary->right));
    }
    // Of AND either side alone is a necessary condition, and the first one that is found will do.
    if (binary->op != Operator::kAnd) return std::nullopt;
    std::optional<TagChoice> choice = tag_choice(*binary->left);
    return choice ? choice : tag_choice(*binary->right);
}

}  // namespace sluice::query
