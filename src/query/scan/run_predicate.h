// The WHERE clause over whole runs: comparisons of fields with numbers become loops over columns,
// and a block's statistics often answer for all of its rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "query/scan/row_condition.h"
#include "query/scan/series_filter.h"

namespace sluice::query {

class RunPredicate {
public:
    // Everything outlives the predicate.
    RunPredicate(const SelectPlan& plan, const ScanColumns& columns);

    // False where the condition has more than comparisons of a field with a number, joined by AND
    // and OR, and parts about tags: then RowCondition has to look at each row.
    bool is_supported() const { return supported_; }

    // `condition` has begun a series that depends on fields; parts about tags are decided for it.
    void begin_series(const RowCondition& condition);

    // What statistics say of all the rows they stand for.
    Verdict judge(const storage::SeriesRun& run) const;
    // Element r becomes 1 where row r passes, else 0. False where a column of the run is not of the
    // type it has in the plan: nothing is decided then.
    bool evaluate(const storage::SeriesRun& run, std::vector<std::uint8_t>& accepted);

private:
    struct Node {
        enum class Kind : std::uint8_t { kAnd, kOr, kCompare, kTags } kind = Kind::kAnd;
        std::uint32_t left = 0;  // kAnd, kOr: of nodes_
        std::uint32_t right = 0;
        // kCompare: a field, of SelectPlan::fields, with a number.
        influxql::Operator op = influxql::Operator::kEqual;
        std::uint32_t field = 0;
        bool as_integers = false;
        std::int64_t integer = 0;
        double number = 0;
        // kTags
        std::uint32_t expression = 0;  // of tag_expressions_
        bool passes = false;           // in the present series
    };
    std::optional<std::uint32_t> add(const influxql::Expr& expr);
    std::optional<std::uint32_t> add_comparison(const influxql::BinaryExpr& binary);
    Verdict judge_node(std::uint32_t index, const storage::SeriesRun& run) const;
    bool evaluate_node(std::uint32_t index, const storage::SeriesRun& run,
                       std::vector<std::uint8_t>& accepted) const;

    const SelectPlan& plan_;
    const ScanColumns& columns_;
    std::vector<Node> nodes_;  // children before parents
    std::vector<RowExpression> tag_expressions_;
    bool supported_ = false;
};

}  // namespace sluice::query
