// Writes fields of CSV as Go's encoding/csv quotes them.
#pragma once

#include <string>
#include <string_view>

namespace sluice::query {

void append_csv_field(std::string& out, std::string_view field);

}  // namespace sluice::query
