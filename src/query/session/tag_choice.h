// A tag choice is a few values of one tag without which no series fulfils a condition. A store
// looks such values up in its index of series, instead of showing every key to a sieve.
#pragma once

#include <optional>
#include <string_view>

#include "sluice/influxql/expr.h"
#include "sluice/storage/series_list.h"

namespace sluice::query {

// Finds the choice of a planned condition, whose tags are known as such. There is none if the
// condition does not ask for certain values of one tag, or asks for too many.
std::optional<storage::TagChoice> tag_choice(const influxql::Expr& condition);

// The choice that one tag has one value, if both can stand in a choice.
std::optional<storage::TagChoice> choice_of(std::string_view tag, std::string_view value);
// The choice of either of two, if there is one.
std::optional<storage::TagChoice> either_choice(std::optional<storage::TagChoice> left,
                                                std::optional<storage::TagChoice> right);

}  // namespace sluice::query
