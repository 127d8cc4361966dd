// A RunPredicate decides the WHERE clause for whole runs: comparisons of fields with numbers become
// loops over columns, and the statistics of a block often answer for all of its rows.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "query/scan/row_condition.h"
#include "query/scan/series_filter.h"

namespace sluice::query {

// It gives the same answers as a RowCondition of the same plan. RunPredicate only ever decides more
// cheaply: where it is not sure, it says so, and rows are asked. It lives on one core, beside the
// RowCondition of the same scan, which has the tags of the present series.
class RunPredicate {
public:
    // Everything outlives the predicate.
    RunPredicate(const SelectPlan& plan, const ScanColumns& columns);

    // Returns false if the condition has anything but comparisons of a field with a number, joined
    // by AND and OR, and parts about tags. RowCondition then has to look at each row.
    bool is_supported() const { return supported_; }

    // Decides the parts about tags for a series that `condition` has begun and that depends on
    // fields.
    void begin_series(const RowCondition& condition);

    // Returns what statistics say of all the rows that they stand for.
    Verdict judge(const storage::SeriesRun& run) const;
    // Sets element r to 1 if row r passes, and else to 0. It returns false if a column of the run
    // is not of the type that it has in the plan, and then nothing is decided.
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
    using Parts = std::unordered_set<const influxql::Expr*>;
    // `with_fields` are the parts of the condition that name a field.
    std::optional<std::uint32_t> add(const influxql::Expr& expr, const Parts& with_fields);
    std::optional<std::uint32_t> add_comparison(const influxql::BinaryExpr& binary);
    Verdict judge_node(std::uint32_t index, const storage::SeriesRun& run) const;
    // masks_ from `depth` on is free for it.
    bool evaluate_node(std::uint32_t index, const storage::SeriesRun& run,
                       std::vector<std::uint8_t>& accepted, std::size_t depth);

    const SelectPlan& plan_;
    const ScanColumns& columns_;
    std::vector<Node> nodes_;  // children before parents, so the last one is the whole condition
    std::vector<RowExpression> tag_expressions_;
    // What the right sides say of rows, one for each level of nesting: a chain needs one. Their
    // places do not change when there are more.
    std::deque<std::vector<std::uint8_t>> masks_;
    bool supported_ = false;
};

}  // namespace sluice::query
