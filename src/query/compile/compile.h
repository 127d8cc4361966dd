// Checks a SELECT before its data is looked at: its functions, their combinations, its times.
// Rules, their order and their texts follow query/compile.go of InfluxDB.
//
// Compiling is pure: it reads the statement and now(), and looks nothing up. So a statement that
// can never work is refused before it costs anything, and for the same reason whatever data there
// is. The order of the checks shows, because a statement with several mistakes is answered with the
// first.
#pragma once

#include <cstdint>
#include <memory>

#include "query/compile/select_node.h"
#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

// Compiles a SELECT with its subqueries into nodes that have all that the text says. `now_ns` is
// the value of now(). The error is the statement's.
Result<std::unique_ptr<SelectNode>> compile_select(const influxql::SelectStatement& select,
                                                   std::int64_t now_ns);

}  // namespace sluice::query
