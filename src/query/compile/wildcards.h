// Wildcards and regular expressions in fields and GROUP BY become names (influxql/ast.go:
// RewriteFields).
#pragma once

#include "query/compile/select_node.h"

namespace sluice::query {

// `types` and `tags` are the fields and tags of all sources.
Result<void> expand_wildcards(std::vector<influxql::Field>& fields,
                              std::vector<influxql::Expr>& dimensions, const FieldTypes& types,
                              const TagKeys& tags);

}  // namespace sluice::query
