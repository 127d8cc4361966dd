// This file brings the value of fill() to the type of the column that it stands in.
#include "query/expr/fill.h"

namespace sluice::query {

using influxql::DataType;
using influxql::FillOption;

Value Fill::number() const {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return Value::of_integer(*integer);
    return Value::of_float(std::get<double>(value));
}

MissingValue::MissingValue(const Fill& fill)
    : keeps_previous(fill.option == FillOption::kPrevious) {
    if (fill.option == FillOption::kNumber) number = fill.number();
}

void MissingValue::apply(Value& value, DataType type) const {
    if (keeps_previous) return;
    const Value converted = cast_value(number, type);
    value = converted.is_null() ? number : converted;
}

}  // namespace sluice::query
