// A DeleteCondition is the WHERE clause of DELETE and DROP SERIES. It may ask for tags only, and is
// judged as InfluxDB's index does.
//
// The index is not the query engine: an operator it does not know on a text means "not equal", a
// comparison of two tags asks whether the series has them, and what it cannot judge is left over as
// a condition on fields, which a delete refuses (tsdb/index.go: seriesByExprIterator).
#pragma once

#include <functional>

#include "sluice/influxql/expr.h"
#include "sluice/model/series_predicate.h"

namespace sluice::query {

struct DeleteCondition {
    // The series that match if what is left over is false, and those that match if it is true. A
    // series that matches only then cannot be judged by its tags.
    model::SeriesPredicate certain;
    model::SeriesPredicate possible;
    bool has_leftovers = false;

    bool depends_on_fields(const model::SeriesName& series) const {
        return has_leftovers && possible.matches(series) && !certain.matches(series);
    }
};

// `condition` is without time; empty stands for every series. `is_field` is asked about names
// without a type.
DeleteCondition compile_delete_condition(const influxql::ExprBox& condition,
                                         const std::function<bool(std::string_view)>& is_field);

}  // namespace sluice::query
