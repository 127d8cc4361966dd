// Checks a SELECT before its data is looked at: its functions, their combinations, its times.
// Rules, their order and their texts follow query/compile.go of InfluxDB.
//
// Compiling is pure: it reads the statement and now(), and looks nothing up. So a statement that
// can never work is refused before it costs anything, and for the same reason whatever data there
// is. The order of the checks shows, because a statement with several mistakes is answered with the
// first.
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
    // A date as the offset of GROUP BY time(). InfluxDB's compiler takes it, but the execution of
    // the statement refuses it, after all other checks.
    std::string refused_offset;
    // The condition itself has an upper bound of time.
    bool has_time_max = false;
    // The sources that are subqueries, in their order. They do not contain what they inherit.
    std::vector<CompiledSelect> subqueries;
};

// Compiles a SELECT with its subqueries. `now_ns` is the value of now(). The error is the
// statement's.
Result<CompiledSelect> compile_select(const influxql::SelectStatement& select, std::int64_t now_ns);

// Returns the names of the columns behind the time column: aliases first, then generated names,
// made distinct by numbers.
std::vector<std::string> column_names(const std::vector<influxql::Field>& fields);

// Returns the name of a field: the alias, or the name of the function or variable. An expression
// joins the names that it contains.
std::string field_name(const influxql::Field& field);

}  // namespace sluice::query
