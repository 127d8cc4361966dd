// A FieldCompiler checks the expressions of a field list: their functions, arguments and
// combinations. Rules, their order and their texts follow query/compile.go of InfluxDB.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

// The facts that the statement says, and those that have been found in its fields so far.
struct FieldList {
    bool has_interval = false;            // GROUP BY time()
    bool has_inherited_interval = false;  // of the statement around this one
    bool has_target = false;              // INTO
    std::int64_t limit = 0;               // LIMIT; 0: none

    int columns = 0;
    int calls = 0;               // without those inside other calls' distinct()
    bool has_auxiliary = false;  // a field or tag of its own
    bool has_distinct = false;
    bool only_selectors = true;
    std::string top_or_bottom;  // the name of the one there is
};

// One is made for each field; what they find together is in the FieldList, where the rules about
// combinations are checked when all fields are known.
class FieldCompiler {
public:
    explicit FieldCompiler(FieldList& list) : list_(list) {}

    Result<void> compile(const influxql::Expr& expr);

private:
    using Arguments = std::vector<influxql::Expr>;

    Result<void> compile_binary(const influxql::BinaryExpr& binary);
    Result<void> compile_call(const influxql::Call& call);
    Result<void> compile_math(const influxql::Call& call);
    // Inside another call, distinct() does not claim the statement for itself.
    Result<void> compile_nested(const influxql::Expr& expr);
    Result<void> compile_distinct(const Arguments& arguments, bool nested);
    Result<void> compile_simple(const influxql::Call& call);
    Result<void> compile_percentile(const influxql::Call& call);
    Result<void> compile_sample(const influxql::Call& call);
    Result<void> compile_top_or_bottom(const influxql::Call& call);
    Result<void> compile_integral(const influxql::Call& call);
    Result<void> compile_holt_winters(const influxql::Call& call);
    // derivative() and elapsed(), which take a unit.
    Result<void> compile_with_unit(const influxql::Call& call);
    // difference() and cumulative_sum().
    Result<void> compile_difference(const influxql::Call& call);
    Result<void> compile_moving_average(const influxql::Call& call);
    Result<void> compile_indicator(const influxql::Call& call);

    // Checks what a transformation works on: a call if there is GROUP BY time(), and a field
    // otherwise.
    Result<void> compile_input(const influxql::Call& call, bool nested);
    // A field, wildcard or regular expression.
    Result<void> compile_symbol(const std::string& name, const influxql::Expr& expr);

    FieldList& list_;
    bool wildcard_allowed_ = true;  // until an operator has been met, in this field
};

}  // namespace sluice::query
