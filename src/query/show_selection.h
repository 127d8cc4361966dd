// What the SHOW statements have in common: the database they are about, its series, lists.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "query/core_session.h"
#include "query/series_filter.h"
#include "query/statement_context.h"
#include "sluice/influxql/ast.h"
#include "sluice/model/series_key.h"

namespace sluice::query {

// The database of ON, else that of the request.
Result<const meta::Database*> find_database(const meta::Catalog& catalog, const std::string& named,
                                            const Defaults& defaults);

// LIMIT and OFFSET on a list that is in memory.
template <typename T>
std::vector<T> limited(std::vector<T> values, std::int64_t limit, std::int64_t offset) {
    const auto skip = std::min(static_cast<std::size_t>(offset), values.size());
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(skip));
    if (limit > 0 && values.size() > static_cast<std::size_t>(limit)) {
        values.erase(values.begin() + static_cast<std::ptrdiff_t>(limit), values.end());
    }
    return values;
}

// A series of one column.
void write_column(AnswerWriter& writer, std::string name, std::string column,
                  const std::vector<std::string>& values);

// Whether `sources` are empty, which means all, or name the measurement.
bool names_measurement(const std::vector<influxql::Source>& sources, std::string_view name);

// The series of all policies of a database that a statement is about.
struct SeriesSelection {
    std::shared_ptr<const meta::Catalog> catalog;
    std::vector<PlannedSource> sources;
    influxql::ExprBox condition;
    std::vector<CoreSession> sessions;

    const std::string& measurement_of(const Piece& piece) const {
        return sources[piece.source].measurement;
    }
};

enum class TimeClause : std::uint8_t { kNarrows, kRefused };

// Lists the series of the measurements that `clauses` name; the condition is not applied.
// `statement` is its name for the error where time is refused.
io::Task<Result<void>> select_series(StatementContext& context,
                                     const influxql::ShowClauses& clauses, TimeClause time,
                                     std::string_view statement, SeriesSelection& selection);

// Whether the condition of a selection is true of a series; `_name` is the measurement, everything
// else a tag.
class SeriesCondition {
public:
    // `condition` may be null and outlives this.
    explicit SeriesCondition(const influxql::Expr* condition);
    bool accepts(const model::SeriesName& name) const;

private:
    SeriesFilter filter_;
};

}  // namespace sluice::query
