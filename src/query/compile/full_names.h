// Writes down the database and retention policy of measurements where the statement left them out
// (InfluxDB: NormalizeStatement).
#pragma once

#include "query/compile/sources.h"
#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"
#include "sluice/meta/catalog.h"

namespace sluice::query {

// Completes the names in the target, the sources and all subqueries. The errors are InfluxDB's: no
// database is known, or it does not exist. Policies are not looked up.
Result<void> complete_names(influxql::SelectStatement& select, const meta::Catalog& catalog,
                            const Defaults& defaults);

// Looks up the policies of a statement whose names are complete, and fails with "retention policy
// not found: d.p" for one that is not there.
Result<void> check_policies(const influxql::SelectStatement& select, const meta::Catalog& catalog);

}  // namespace sluice::query
