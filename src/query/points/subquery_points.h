// The rows of a subquery as points of the query around it (query/subquery.go, iterator_mapper.go).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/expr/evaluate.h"
#include "query/points/row_cursor.h"

namespace sluice::query {

// The meaning of a name in the rows of a subquery: a column, a tag, or nothing.
struct RowValue {
    enum class Kind : std::uint8_t { kColumn, kTag, kNothing };
    Kind kind = Kind::kNothing;
    std::size_t column = 0;
    std::string tag;
    influxql::DataType type = influxql::DataType::kUnknown;  // kColumn: what it is cast to
};

class SubqueryPoints final : public PointCursor {
public:
    struct Options {
        std::size_t columns = 0;
        std::shared_ptr<Grouping> inner;
        std::shared_ptr<Grouping> outer;
        std::optional<RowValue> value;
        // The type that `value` is cast to; kUnknown passes it on as it is.
        influxql::DataType value_type = influxql::DataType::kUnknown;
        std::vector<RowValue> auxiliary;
        // The condition of the query around it, which lives until the cursor ends. Without one
        // every row passes.
        const influxql::Expr* condition = nullptr;
        // Where others are let run while a long condition is asked. Null: nowhere.
        DataSource* source = nullptr;
        // The meanings of the condition's names, in the order of `condition_names`.
        std::vector<std::string> condition_names;
        std::vector<RowValue> condition_values;
    };
    SubqueryPoints(std::unique_ptr<RowCursor> rows, Options options);

    io::Task<Result<bool>> next(PointBlock& block) override;
    bool may_resume() const override { return rows_->may_resume(); }

private:
    Value read(const RowValue& wanted, std::size_t row) const;
    bool passes(std::size_t row);

    const std::unique_ptr<RowCursor> rows_;
    const Options options_;
    std::optional<RowExpression> condition_;
    std::size_t rows_per_breath_ = 0;  // of a condition_
    RowBlock block_;
    std::vector<Value> condition_row_;
    std::vector<Value> auxiliary_row_;
};

}  // namespace sluice::query
