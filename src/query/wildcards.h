// What *, *::field, /regex/ and count(*) stand for (influxql/ast.go: RewriteFields).
#pragma once

#include "query/planner.h"

namespace sluice::query {

Result<void> expand_wildcards(CompiledSelect& compiled, const FieldTypes& fields,
                              const TagKeys& tags);

}  // namespace sluice::query
