// These functions decide which store belongs to which core. They are pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

// Names of the folders in data/stores/ are numbers of four digits or more, from 0001.
bool is_store_name(std::string_view name);
// The number that a name says.
std::uint32_t store_number(const std::string& name);

// The stores of each core, given those on disk. Each core gets at least one; stores beyond the
// number of cores go round, stores that are missing get new names. The first store of a core does
// not change while the number of cores stays the same.
std::vector<std::vector<std::string>> deal_stores(std::vector<std::string> on_disk,
                                                  std::uint32_t cores);

}  // namespace sluice::engine
