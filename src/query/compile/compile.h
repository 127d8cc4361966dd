// Checks a SELECT before its data is looked at: which functions, which combinations, which times.
// Rules, their order and their texts follow query/compile.go of InfluxDB.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/expr/window.h"
#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

struct CompiledSelect {
    // Reduced, without references to time; the names follow from them.
    std::vector<influxql::Field> fields;
    std::string time_name = "time";
    influxql::ExprBox condition;
    // Reduced: tags, wildcards and regular expressions; time() has become `window`.
    std::vector<influxql::Expr> dimensions;
    Window window;
    model::Timestamp time_min = model::kTimestampMin;
    model::Timestamp time_max = model::kTimestampMax;
    // A date as the offset of GROUP BY time(): InfluxDB's compiler takes it, what executes the
    // statement does not, after all other checks.
    std::string refused_offset;
    // The condition itself has an upper bound of time.
    bool has_time_max = false;
    // Of the sources that are subqueries, in their order. What they inherit is not in them.
    std::vector<CompiledSelect> subqueries;
};

// With its subqueries. `now_ns` is the value of now(). The error is the statement's.
Result<CompiledSelect> compile_select(const influxql::SelectStatement& select, std::int64_t now_ns);

// The names of the columns behind the time column: aliases first, then generated names, made
// distinct by numbers.
std::vector<std::string> column_names(const std::vector<influxql::Field>& fields);

// The alias, else the name of function or variable; expressions join the names they contain.
std::string field_name(const influxql::Field& field);

}  // namespace sluice::query
