// A tag choice is a few values of one tag without which no series fulfils a condition. A store
// looks such values up in its index of series, instead of showing every key to a sieve.
#pragma once

#include <optional>

#include "sluice/influxql/expr.h"
#include "sluice/storage/series_list.h"

namespace sluice::query {

// Finds the choice of a planned condition, whose tags are known as such. There is none if the
// condition does not ask for certain values of one tag, or asks for too many.
std::optional<storage::TagChoice> tag_choice(const influxql::Expr& condition);

}  // namespace sluice::query
