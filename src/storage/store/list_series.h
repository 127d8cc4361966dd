// Series and measurements of one shard group of a store.
#pragma once

#include <string>
#include <vector>

#include "storage/store/store_state.h"

namespace sluice::storage {

io::Task<Result<SeriesList>> list_store_series(StoreCore& core, model::ShardGroupId group,
                                               std::string measurement, SeriesSieve* sieve);
io::Task<Result<bool>> store_has_series(StoreCore& core, model::ShardGroupId group,
                                        std::string measurement);
io::Task<Result<std::vector<std::string>>> list_store_measurements(StoreCore& core,
                                                                   model::ShardGroupId group);

}  // namespace sluice::storage
