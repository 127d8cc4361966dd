// Resolves the names of a FROM clause to what the catalog has: policies, measurements, shard
// groups, fields.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"
#include "sluice/meta/catalog.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"
#include "sluice/query/query_request.h"

namespace sluice::query {

// A measurement in one retention policy, and the shard groups of it that the query reads.
struct PlannedSource {
    std::string measurement;
    std::vector<model::ShardSlot> groups;  // by time; ranges as in the catalog
};

// Fills in database and policy of `measurement` and checks that the database exists
// (coordinator/statement_executor.go: normalizeMeasurement).
Result<void> normalize(influxql::Measurement& measurement, const meta::Catalog& catalog,
                       const Defaults& defaults);

// Does the same for the target of a SELECT, which may be without a name.
Result<void> normalize_target(influxql::Measurement& target, const meta::Catalog& catalog,
                              const Defaults& defaults);

// Fields of the measurements of a query with the types that win over shard groups.
using FieldTypes = std::map<std::string, influxql::DataType, std::less<>>;

using TagKeys = std::set<std::string, std::less<>>;

struct ResolvedSources {
    std::vector<PlannedSource> sources;
    FieldTypes fields;
};

// The measurements that exist in groups overlapping `range`; a regular expression stands for all
// it matches, in the order of their names. kNotFound: the policy does not exist.
Result<ResolvedSources> resolve_sources(const std::vector<influxql::Source>& sources,
                                        const meta::Catalog& catalog,
                                        const model::TimeRange& range);

// One measurement of one policy, adding to what is already resolved.
void add_measurement(const meta::RetentionPolicy& policy, std::string_view name,
                     const model::TimeRange& range, ResolvedSources& resolved);

// Sorted names of the measurements in the groups of `policy` that overlap `range`.
std::vector<std::string> measurement_names(const meta::RetentionPolicy& policy,
                                           const model::TimeRange& range);

}  // namespace sluice::query
