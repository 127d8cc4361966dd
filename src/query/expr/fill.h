// What fill() says: what stands where a window or a row has no value.
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

// What stands for a missing value where rows are put together: nothing, a number, or what was there
// before (query/cast.go: castToType).
struct MissingValue {
    explicit MissingValue(const Fill& fill);
    // Changes `value` unless the value before is to stay.
    void apply(Value& value, influxql::DataType type) const;

    bool keeps_previous = false;
    Value number;
};

}  // namespace sluice::query
