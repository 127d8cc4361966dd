// LiveMeasurements knows which measurements of a database have points. The catalog knows the names,
// but after deletes some of them may have nothing left, and InfluxDB does not show those.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "query/session/data_source.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

class LiveMeasurements {
public:
    // Asks the stores, unless nothing was ever deleted from the database.
    static io::Task<Result<LiveMeasurements>> find(DataSource& source,
                                                   const meta::Database& database);
    // The same of some of its policies; the list outlives the task.
    static io::Task<Result<LiveMeasurements>> find(
        DataSource& source, const meta::Database& database,
        const std::vector<const meta::RetentionPolicy*>& policies);

    bool contains(std::string_view measurement) const {
        return !names_ || names_->contains(measurement);
    }

private:
    std::optional<std::set<std::string, std::less<>>> names_;  // nothing: all
};

// `catalog` as the regular expressions in the FROM clauses of `select` see it: they match no
// measurement without points. `select` names its databases.
io::Task<Result<std::shared_ptr<const meta::Catalog>>> catalog_for_patterns(
    DataSource& source, std::shared_ptr<const meta::Catalog> catalog,
    const influxql::SelectStatement& select);

}  // namespace sluice::query
