// Sums and extremes of a column whose values lie one after the other as words. The type is looked
// at once and not for each value.
#pragma once

#include <cstdint>
#include <span>

#include "query/expr/value.h"
#include "query/scan/select_plan.h"

namespace sluice::query {

// Adds words to `sum`, or begins with the first where `sum` is null.
Value sum_words(influxql::DataType type, Value sum, std::span<const std::uint64_t> words);

// Returns the number of the word that a selector selects. The words are in the order of time.
std::size_t select_word(const AggregateCall& call, std::span<const std::uint64_t> words);

}  // namespace sluice::query
