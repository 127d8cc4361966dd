// These read the rows of a run as values of the plan's types, and decide the condition on them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "query/scan/core_session.h"
#include "query/scan/select_plan.h"
#include "query/scan/series_filter.h"
#include "sluice/storage/scan.h"

namespace sluice::query {

// Reads one value of a column in the type that the plan wants, or null if the row has none or it
// cannot be cast.
inline Value column_value(const storage::ColumnView& column, std::size_t row,
                          influxql::DataType type) {
    if (!column.is_valid(row)) return {};
    Value value;
    if (model::is_word_type(column.type)) {
        value = Value::of_word(column.type, column.words[row]);
    } else if (column.type == model::FieldType::kString) {
        value = Value::of_string(column.texts[row]);
    } else {
        value = Value::of_boolean(column.flags[row] != 0);
    }
    return data_type_of(column.type) == type ? value : cast_value(value, type);
}

// Returns whether rows of one series may differ in what the condition says of them.
bool has_field_condition(const SelectPlan& plan);

// Returns the place of a reference of the condition in a row, which has the values of
// SelectPlan::fields and then those of condition_tags. -1 means that it is in neither.
int condition_position(const SelectPlan& plan, const influxql::VarRef& ref);
// Binds the condition, or a part of it, to such rows.
RowExpression bind_condition(const SelectPlan& plan, const influxql::Expr& expr);

// Returns whether the condition asks for one name with several types.
bool has_mixed_types(const influxql::Expr& condition);

// A RowCondition decides the WHERE clause on the rows of one series after the other.
class RowCondition {
public:
    explicit RowCondition(const SelectPlan& plan);

    // Returns what the condition says about a series by its tags. If that is kDependsOnFields,
    // accepts() is about this series until the next call.
    Verdict begin_series(std::string_view key);
    // Returns whether a row of the current series passes. `fields` are the values of
    // SelectPlan::fields.
    bool accepts(const Value* fields);
    // Returns the row of the current series: its tags are set, its fields unspecified.
    const Value* row() const { return row_.data(); }

private:
    const SelectPlan& plan_;
    SeriesFilter filter_;
    std::vector<std::uint32_t> filter_places_;  // of the tags of filter_, among tag_values_
    // InfluxDB leaves those parts of the condition to rows that its index cannot judge, and reads
    // their names in one type each. Where a name has several types, the condition of a row
    // therefore differs from series to series; otherwise it is bound once.
    bool has_mixed_types_ = false;
    influxql::ExprBox remaining_;              // has_mixed_types_: of the current series
    std::optional<RowExpression> expression_;  // refers to the plan's condition or to remaining_
    // By tag of the condition. The values in row_ are views of these texts, so the list never grows
    // after the constructor.
    std::vector<std::string> tag_values_;
    std::vector<Value> row_;  // fields, then tags
};

}  // namespace sluice::query
