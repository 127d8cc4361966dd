// Sums and extremes of a column whose values lie one after the other as words, without a look at
// each one's type.
#pragma once

#include <cstdint>
#include <span>

#include "query/expr/value.h"
#include "query/scan/select_plan.h"

namespace sluice::query {

// Adds words to `sum`, or begins with the first where `sum` is null.
Value sum_words(influxql::DataType type, Value sum, std::span<const std::uint64_t> words);

// Which of the words, in order of time, a selector takes.
std::size_t select_word(const AggregateCall& call, std::span<const std::uint64_t> words);

}  // namespace sluice::query
