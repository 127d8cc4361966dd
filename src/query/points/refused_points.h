// A call that cannot work on the type of its field. InfluxDB says so when it meets the first series
// that has the field; without one the call has no points.
#pragma once

#include <string>

#include "query/points/point_cursor.h"
#include "query/scan/select_budget.h"
#include "query/scan/series_scan.h"
#include "sluice/meta/catalog.h"

namespace sluice::query {

class RefusedPoints final : public PointCursor {
public:
    RefusedPoints(DataSource& source, SelectBudget& budget, SelectPlan plan,
                  std::shared_ptr<Grouping> grouping, Error error)
        : scan_(source, budget, std::move(plan), std::move(grouping)), error_(std::move(error)) {}

    io::Task<Result<bool>> next(PointBlock& block) override;

private:
    SeriesScan scan_;
    const Error error_;
};

// The same for a subquery. It always has an error: this one, unless the subquery fails by itself
// before.
class RefusedSubquery final : public PointCursor {
public:
    RefusedSubquery(std::unique_ptr<PointCursor> input, Error error)
        : input_(std::move(input)), error_(std::move(error)) {}

    io::Task<Result<bool>> next(PointBlock& block) override;

private:
    std::unique_ptr<PointCursor> input_;
    const Error error_;
};

// Keeps only the shard groups whose measurements have the field, in a type that can be read as
// `wanted`.
void keep_groups_with_field(SelectPlan& plan, const meta::Catalog& catalog,
                            const influxql::VarRef& wanted);

// InfluxDB's index looks at texts and regular expressions; other comparisons are left to the rows.
// Returns false if the condition is then true of nothing.
bool keep_what_an_index_judges(influxql::Expr& condition);

}  // namespace sluice::query
