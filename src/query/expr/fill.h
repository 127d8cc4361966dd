// A Fill is what fill() says: the value of a window or a row that has none.
#pragma once

#include <cstdint>
#include <variant>

#include "query/expr/value.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

struct Fill {
    influxql::FillOption option = influxql::FillOption::kNull;
    std::variant<std::int64_t, double> value = std::int64_t{0};

    Value number() const;
};

// A MissingValue stands for a missing value when rows are put together: nothing, a number, or the
// value before (query/cast.go: castToType).
// It is not fill() of windows, which FillPoints does: this is for rows of which one column has a
// value and another has none.
struct MissingValue {
    explicit MissingValue(const Fill& fill);
    // Changes `value` unless the value before is to stay.
    void apply(Value& value, influxql::DataType type) const;

    bool keeps_previous = false;
    Value number;
};

}  // namespace sluice::query
