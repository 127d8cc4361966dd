// There is one maker per reducer, for make_reducer().
#pragma once

#include <memory>

#include "query/functions/reducer.h"

namespace sluice::query {

std::unique_ptr<Reducer> make_median(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_mode(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_stddev(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_spread(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_percentile(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_distinct(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_top_or_bottom(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_sample(const ReducerSpec& spec);

std::unique_ptr<Reducer> make_derivative(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_difference(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_elapsed(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_moving_average(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_cumulative_sum(const ReducerSpec& spec);
std::unique_ptr<Reducer> make_integral(const ReducerSpec& spec);

std::unique_ptr<Reducer> make_holt_winters(const ReducerSpec& spec);

}  // namespace sluice::query
