#include "query/scan/series_filter.h"

#include <algorithm>

#include "sluice/base/check.h"

namespace sluice::query {

using influxql::BinaryExpr;
using influxql::Expr;
using influxql::Operator;
using influxql::VarRef;

namespace {

// Returns whether InfluxDB's index decides about such a condition on tags
// (tsdb/index/inmem/meta.go: idsForExpr).
bool is_for_index(const Expr& condition) {
    const auto* comparison = condition.as<BinaryExpr>();
    if (comparison == nullptr) return condition.as<influxql::BooleanLiteral>() != nullptr;
    const Expr* tag = &*comparison->left;
    const Expr* value = &*comparison->right;
    if (tag->as<VarRef>() == nullptr) std::swap(tag, value);
    return tag->as<VarRef>() != nullptr &&
           (value->as<VarRef>() != nullptr || value->as<influxql::StringLiteral>() != nullptr ||
            value->as<influxql::RegexLiteral>() != nullptr);
}

}  // namespace

SeriesFilter::SeriesFilter(const Expr* condition,
                           const std::function<bool(const VarRef&)>& is_field) {
    TagPlaces places;
    if (condition != nullptr) root_ = build(*condition, is_field, places);
}

// A leaf is a part of the condition that is about tags alone, which is evaluated for each series,
// or one that names a field, which depends on rows. AND and OR join the verdicts.
std::unique_ptr<SeriesFilter::Node> SeriesFilter::build(
    const Expr& expr, const std::function<bool(const VarRef&)>& is_field, TagPlaces& places) {
    if (const auto* paren = expr.as<influxql::ParenExpr>()) {
        return build(*paren->inner, is_field, places);
    }
    auto node = std::make_unique<Node>();
    const auto* binary = expr.as<BinaryExpr>();
    if (binary != nullptr && (binary->op == Operator::kAnd || binary->op == Operator::kOr)) {
        node->kind = binary->op == Operator::kAnd ? Node::Kind::kAnd : Node::Kind::kOr;
        node->left = build(*binary->left, is_field, places);
        node->right = build(*binary->right, is_field, places);
        return node;
    }
    bool about_fields = false;
    influxql::walk(expr, [&](const Expr& part) {
        if (const auto* ref = part.as<VarRef>()) about_fields = about_fields || is_field(*ref);
    });
    node->kind = about_fields ? Node::Kind::kFields : Node::Kind::kTags;
    node->condition = &expr;
    node->is_asked_of_rows = about_fields || !is_for_index(expr);
    if (about_fields) return node;
    const auto position = [this, &places](const VarRef& ref) {
        const auto [place, is_new] = places.try_emplace(ref.name, tags_.size());
        if (is_new) tags_.push_back(ref.name);
        return static_cast<int>(place->second);
    };
    node->expression = std::make_unique<RowExpression>(expr, position, false);
    return node;
}

// The left side is judged first and may decide alone; then the right one is not evaluated. Both
// sides are without effects, so that is a matter of time only.
Verdict SeriesFilter::judge(const Node& node, const Value* row, bool by_index) {
    if (by_index && node.is_asked_of_rows) return Verdict::kDependsOnFields;
    switch (node.kind) {
        case Node::Kind::kFields:
            return Verdict::kDependsOnFields;
        case Node::Kind::kTags:
            return node.expression->is_true(row) ? Verdict::kAlways : Verdict::kNever;
        case Node::Kind::kAnd:
        case Node::Kind::kOr:
            break;
    }
    const Verdict decisive = node.kind == Node::Kind::kAnd ? Verdict::kNever : Verdict::kAlways;
    const Verdict left = judge(*node.left, row, by_index);
    if (left == decisive) return decisive;
    const Verdict right = judge(*node.right, row, by_index);
    if (right == decisive) return decisive;
    if (left == Verdict::kDependsOnFields || right == Verdict::kDependsOnFields) {
        return Verdict::kDependsOnFields;
    }
    return left;
}

Verdict SeriesFilter::judge(const TagValue& tag_value) const {
    return root_ == nullptr ? Verdict::kAlways
                            : judge(*root_, values_of_tags(tag_value).data(), false);
}

std::vector<Value> SeriesFilter::values_of_tags(const TagValue& tag_value) const {
    std::vector<Value> row;
    row.reserve(tags_.size());
    for (std::size_t i = 0; i < tags_.size(); ++i) row.push_back(Value::of_string(tag_value(i)));
    return row;
}

// The verdict without regard to the index is kDependsOnFields, so there is a part that names a
// field, and a part that names a field always remains.
Expr SeriesFilter::remaining(const TagValue& tag_value) const {
    Remainder whole = remainder(*root_, values_of_tags(tag_value).data());
    SLUICE_CHECK(whole.condition.has_value());
    return std::move(*whole.condition);
}

SeriesFilter::Remainder SeriesFilter::remainder(const Node& node, const Value* row) {
    if (node.left == nullptr) {
        const Verdict verdict = judge(node, row, true);
        if (verdict != Verdict::kDependsOnFields) return {verdict, std::nullopt};
        return {verdict, *node.condition};
    }
    const Verdict decisive = node.kind == Node::Kind::kAnd ? Verdict::kNever : Verdict::kAlways;
    Remainder left = remainder(*node.left, row);
    if (left.verdict == decisive) return left;
    Remainder right = remainder(*node.right, row);
    if (right.verdict == decisive) return right;
    if (left.verdict != Verdict::kDependsOnFields) return right;
    if (right.verdict != Verdict::kDependsOnFields) return left;
    const Operator op = node.kind == Node::Kind::kAnd ? Operator::kAnd : Operator::kOr;
    return {Verdict::kDependsOnFields,
            BinaryExpr{op, std::move(*left.condition), std::move(*right.condition)}};
}

Verdict SeriesFilter::judge(const model::SeriesName& series) const {
    return judge([&](std::size_t place) { return series.tag_value(tags_[place]); });
}

}  // namespace sluice::query
