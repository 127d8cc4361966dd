#include "query/scan/row_condition.h"

#include <algorithm>
#include <map>

#include "query/scan/series_tags.h"
#include "sluice/base/check.h"

namespace sluice::query {
namespace {

using influxql::DataType;
using influxql::VarRef;

// InfluxDB finds the values for the condition of a series by name: what is asked for with several
// types, as a field or as a tag, has the last of them everywhere (tsm1/engine.go:
// createVarRefSeriesIterator).
void give_names_one_type(influxql::Expr& condition) {
    std::map<std::string, DataType> types;
    const auto each_name = [&](auto use) {
        influxql::walk(condition, [&](influxql::Expr& expr) {
            if (auto* ref = expr.as<VarRef>()) use(*ref);
        });
    };
    each_name([&](const VarRef& ref) {
        DataType& last = types[ref.name];
        last = std::max(last, ref.type);
    });
    each_name([&](VarRef& ref) { ref.type = types[ref.name]; });
}

}  // namespace

bool has_field_condition(const SelectPlan& plan) {
    bool about_fields = false;
    if (!plan.condition) return false;
    influxql::walk(*plan.condition, [&](const influxql::Expr& expr) {
        const auto* ref = expr.as<influxql::VarRef>();
        about_fields = about_fields || (ref != nullptr && is_field_reference(*ref));
    });
    return about_fields;
}

int condition_position(const SelectPlan& plan, const influxql::VarRef& ref) {
    if (ref.type == influxql::DataType::kTag) {
        return static_cast<int>(plan.fields.size() + plan.condition_tag(ref.name));
    }
    const std::optional<std::uint32_t> place = plan.find_field(ref.name, ref.type);
    return place ? static_cast<int>(*place) : -1;
}

// InfluxDB's storage reads a field that a row lacks as a pointer to nothing, which it compares as
// such; in the rows of a subquery it is nil, which counts as false (influxql/ast.go:
// evalBinaryExpr).
RowExpression bind_condition(const SelectPlan& plan, const influxql::Expr& expr) {
    return RowExpression(
        expr, [&plan](const influxql::VarRef& ref) { return condition_position(plan, ref); }, false,
        RowExpression::Null::kIsNothing);
}

bool has_mixed_types(const influxql::Expr& condition) {
    std::map<std::string_view, DataType> types;
    bool mixed = false;
    influxql::walk(condition, [&](const influxql::Expr& expr) {
        const auto* ref = expr.as<VarRef>();
        if (ref == nullptr) return;
        const auto known = types.try_emplace(ref->name, ref->type).first;
        mixed = mixed || known->second != ref->type;
    });
    return mixed;
}

RowCondition::RowCondition(const SelectPlan& plan)
    : plan_(plan), filter_(plan.condition.get(), is_field_reference) {
    if (!plan.condition) return;
    has_mixed_types_ = has_mixed_types(*plan.condition);
    expression_.emplace(bind_condition(plan, *plan.condition));
    for (const std::string& tag : filter_.tags()) {
        filter_places_.push_back(plan.condition_tag(tag));
    }
    tag_values_.resize(plan.condition_tags.size());
    row_.resize(plan.fields.size() + plan.condition_tags.size());
}

// Tags are read once for a series. If they decide the condition, no row is looked at; otherwise
// they stand in the row that accepts() fills with fields.
Verdict RowCondition::begin_series(std::string_view key) {
    if (!expression_) return Verdict::kAlways;
    // The row was laid out by the plan, which is fixed by now.
    SLUICE_CHECK(row_.size() == plan_.fields.size() + plan_.condition_tags.size());
    std::string scratch;
    for (std::size_t i = 0; i < tag_values_.size(); ++i) {
        tag_values_[i] = tag_in_key(key, plan_.condition_tags[i], scratch);
        row_[plan_.fields.size() + i] = Value::of_string(tag_values_[i]);
    }
    const auto tag_value = [&](std::size_t place) {
        return std::string_view(tag_values_[filter_places_[place]]);
    };
    const Verdict verdict = filter_.judge(tag_value);
    if (has_mixed_types_ && verdict == Verdict::kDependsOnFields) {
        remaining_ = filter_.remaining(tag_value);
        give_names_one_type(*remaining_);
        // A tag that a series lacks is nothing to what is asked of rows.
        for (std::size_t i = 0; i < tag_values_.size(); ++i) {
            if (tag_values_[i].empty()) row_[plan_.fields.size() + i] = Value();
        }
        expression_.emplace(bind_condition(plan_, *remaining_));
    }
    return verdict;
}

bool RowCondition::accepts(const Value* fields) {
    std::copy(fields, fields + plan_.fields.size(), row_.begin());
    return expression_->is_true(row_.data());
}

}  // namespace sluice::query
