// How much work the preparation of a SELECT is: the parts of its text, and what the catalog has to
// say about the measurements that it names.
#pragma once

#include <cstddef>

#include "sluice/influxql/ast.h"
#include "sluice/meta/catalog.h"

namespace sluice::query {

// A statement that weighs more is prepared on a thread of its own. Each part takes up to a few
// microseconds in all the steps together, and a turn of a core is to stay below five milliseconds.
inline constexpr std::size_t kWeightOnCoreMax = 1000;

// `select` names its databases and policies. What weighs more than kWeightOnCoreMax is not weighed
// to its end.
std::size_t weight_of(const influxql::SelectStatement& select, const meta::Catalog& catalog);

}  // namespace sluice::query
