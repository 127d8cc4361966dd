// The places of the working row, by the text of what they stand for.
#include "query/points/row_places.h"

#include "query/expr/expression_type.h"
#include "sluice/influxql/printer.h"

namespace sluice::query {

std::pair<Place, bool> RowPlaces::add(const influxql::Expr& expr) {
    const auto [entry, is_new] = places_.try_emplace(influxql::to_string(expr));
    if (is_new) {
        const Result<influxql::DataType> type = expression_type(expr);
        entry->second = {count() - 1, type.ok() ? *type : influxql::DataType::kUnknown};
    }
    return {entry->second, is_new};
}

std::optional<std::uint32_t> RowPlaces::find(const influxql::Expr& expr) const {
    const auto found = places_.find(influxql::to_string(expr));
    if (found == places_.end()) return std::nullopt;
    return found->second.number;
}

}  // namespace sluice::query
