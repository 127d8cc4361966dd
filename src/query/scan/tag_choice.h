// The tag values without which no series fulfils a condition.
#pragma once

#include <optional>

#include "sluice/influxql/expr.h"
#include "sluice/storage/series_list.h"

namespace sluice::query {

// Of a planned condition: its tags are known as such. Nothing where the condition does not ask for
// certain values of one tag, or for too many.
std::optional<storage::TagChoice> tag_choice(const influxql::Expr& condition);

}  // namespace sluice::query
