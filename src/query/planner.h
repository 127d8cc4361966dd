// The last step before execution: wildcards become names, names get types, expressions get places.
#pragma once

#include <set>
#include <string>

#include "query/compile.h"
#include "query/plan.h"
#include "query/sources.h"
#include "sluice/base/result.h"

namespace sluice::query {

using TagKeys = std::set<std::string, std::less<>>;

// Whether the plan depends on which tags exist: a wildcard or regular expression in fields or
// dimensions.
bool needs_tag_keys(const CompiledSelect& compiled);

// `tags` are all tag keys of the sources' series. Errors are the statement's: types that do not go
// together, a function that does not take its argument.
Result<SelectPlan> make_plan(const influxql::SelectStatement& select, CompiledSelect compiled,
                             ResolvedSources resolved, const TagKeys& tags);

}  // namespace sluice::query
