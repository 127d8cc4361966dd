#include "query/points/subquery_points.h"

#include <cmath>
#include <string_view>
#include <unordered_map>

namespace sluice::query {

SubqueryPoints::SubqueryPoints(std::unique_ptr<RowCursor> rows, Options options)
    : rows_(std::move(rows)),
      options_(std::move(options)),
      condition_row_(options_.condition_values.size()),
      auxiliary_row_(options_.auxiliary.size()) {
    if (options_.condition == nullptr) return;
    std::unordered_map<std::string_view, int> places;
    for (const std::string& name : options_.condition_names) {
        places.try_emplace(name, static_cast<int>(places.size()));
    }
    rows_per_breath_ =
        rows_between_breaths(evaluation_cost(options_.condition) + condition_row_.size());
    // InfluxDB's filter of rows knows no functions (query/cursor.go: filterCursor).
    condition_.emplace(
        *options_.condition,
        [&places](const influxql::VarRef& ref) {
            const auto place = places.find(ref.name);
            return place == places.end() ? -1 : place->second;
        },
        false, RowExpression::Null::kIsFalse, false);
}

// Blocks of rows become blocks of points one to one, less the rows that the condition refuses; a
// block of which nothing is left is followed by the next one at once. Strings are those of the
// rows, which live until the next call.
io::Task<Result<bool>> SubqueryPoints::next(PointBlock& block) {
    block.clear();
    while (block.points.empty()) {
        Result<bool> more = co_await rows_->next(block_);
        if (!more.ok()) co_return std::move(more).error();
        if (!*more) co_return false;
        for (std::size_t row = 0; row < block_.rows.size(); ++row) {
            if (condition_ && options_.source != nullptr && (row + 1) % rows_per_breath_ == 0) {
                co_await options_.source->breathe();
            }
            if (condition_ && !passes(row)) continue;
            for (std::size_t i = 0; i < auxiliary_row_.size(); ++i) {
                auxiliary_row_[i] = read(options_.auxiliary[i], row);
            }
            Value value;
            if (options_.value) value = cast_value(read(*options_.value, row), options_.value_type);
            const TagSet* tags = options_.outer->of_level(block_.rows[row].tags, *options_.inner);
            block.points.push_back(
                {tags, {block_.rows[row].time, value, block.add_row(auxiliary_row_.data())}});
        }
    }
    co_return true;
}

Value SubqueryPoints::read(const RowValue& wanted, std::size_t row) const {
    switch (wanted.kind) {
        case RowValue::Kind::kColumn: {
            const Value value = block_.values[row * options_.columns + wanted.column];
            // A value that cannot be cast stays as it is (query/cast.go), and NaN stays NaN in any
            // type.
            if (value.kind() == Value::Kind::kFloat && std::isnan(value.as_float())) return value;
            const Value cast = cast_value(value, wanted.type);
            return cast.is_null() ? value : cast;
        }
        case RowValue::Kind::kTag:
            return Value::of_string(options_.inner->value_of(block_.rows[row].tags, wanted.tag));
        case RowValue::Kind::kNothing:
            break;
    }
    return {};
}

bool SubqueryPoints::passes(std::size_t row) {
    for (std::size_t i = 0; i < condition_row_.size(); ++i) {
        condition_row_[i] = read(options_.condition_values[i], row);
    }
    return condition_->is_true(condition_row_.data());
}

}  // namespace sluice::query
