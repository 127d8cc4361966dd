// Series and measurements of one shard group of a store.
#pragma once

#include <string>
#include <vector>

#include "storage/store/store_parts.h"

namespace sluice::storage {

io::Task<Result<SeriesList>> list_store_series(StoreParts& parts, model::ShardGroupId group,
                                               std::string measurement, SeriesSieve* sieve,
                                               Epoch view);
io::Task<Result<bool>> store_has_series(StoreParts& parts, model::ShardGroupId group,
                                        std::string measurement, Epoch view);
io::Task<Result<std::vector<std::string>>> list_store_measurements(StoreParts& parts,
                                                                   model::ShardGroupId group,
                                                                   Epoch view);

}  // namespace sluice::storage
