// Where the series of a shard group are kept: the choice, from what all stores have of the group.
//
// Pure. A group whose rows came through one store stays there until it is large. Otherwise it has
// one part for each `values_per_part` values, at most one for each store that is written to, so
// that every core has its share of the scans and merges of a large group, and a small one is not
// cut to pieces. What was chosen before is found again by the parts that segments say they hold,
// and only changed when the group has grown well beyond it.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sluice/model/shard_map.h"
#include "sluice/storage/neighbours.h"

namespace sluice::engine {

// By number of the store, those that have nothing left out.
using Holdings = std::map<std::uint32_t, storage::GroupHolding>;

// `known` is the home that was chosen in this life, or an empty one. `written_to` are the stores
// that take writes, ascending. An empty result: the group needs no home.
storage::GroupHome choose_home(model::ShardGroupId group, const storage::GroupHome& known,
                               const Holdings& holdings,
                               const std::vector<std::uint32_t>& written_to,
                               std::uint64_t values_per_part);

// Returns whether no store but `store` has rows that are not at home, or none at all as long as
// there is no home.
bool others_are_sorted(std::uint32_t store, const storage::GroupHome& home,
                       const Holdings& holdings);

}  // namespace sluice::engine
