// The order of series in lists: by measurement, then tag for tag by key and value, all as the user
// means them (InfluxDB tsdb/series_file.go: CompareSeriesKeys). Escapes count for nothing.
#pragma once

#include <string_view>

namespace sluice::query {

// Compares canonical series keys (sluice/model/series_key.h).
bool series_precedes(std::string_view a, std::string_view b);

}  // namespace sluice::query
