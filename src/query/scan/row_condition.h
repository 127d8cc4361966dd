// The rows of a run as values of the plan's types, and the condition on them.
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

// Reads one value of a column, in the type the plan wants.
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

// Which fields a scan reads: each name once, though the plan may want it in two types.
struct ScanColumns {
    ScanColumns() = default;  // none: only times
    explicit ScanColumns(const SelectPlan& plan);
    std::vector<std::string> names;
    std::vector<std::uint32_t> column_of_field;  // of SelectPlan::fields
};

// Whether rows of one series may differ in what the condition says.
bool has_field_condition(const SelectPlan& plan);

// The place of a reference of the condition in a row of SelectPlan::fields, then condition_tags;
// -1: there is none.
int condition_position(const SelectPlan& plan, const influxql::VarRef& ref);
// The condition, or a part of it, on such rows.
RowExpression bind_condition(const SelectPlan& plan, const influxql::Expr& expr);

// Whether the condition asks for a name with several types.
bool has_mixed_types(const influxql::Expr& condition);

// The WHERE clause on the rows of one series after the other.
class RowCondition {
public:
    explicit RowCondition(const SelectPlan& plan);

    // What the condition says about a series; kDependsOnFields makes it current for accepts().
    Verdict begin_series(std::string_view key);
    // `fields` are the values of SelectPlan::fields.
    bool accepts(const Value* fields);
    // Of the current series, its fields unspecified.
    const Value* row() const { return row_.data(); }

private:
    const SelectPlan& plan_;
    SeriesFilter filter_;
    bool has_mixed_types_ = false;
    influxql::ExprBox remaining_;  // has_mixed_types_: of the current series
    std::optional<RowExpression> expression_;
    std::vector<std::string> tag_values_;
    std::vector<Value> row_;  // fields, then tags
};

}  // namespace sluice::query
