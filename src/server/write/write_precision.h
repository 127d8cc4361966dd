// These are the units of timestamps that the two write APIs know.
#pragma once

#include <optional>
#include <string_view>

#include "sluice/model/timestamp.h"

namespace sluice::server {

// Return the unit that the parameter `precision` names; empty means nanoseconds.
std::optional<model::Precision> v1_precision(std::string_view text);
std::optional<model::Precision> v2_precision(std::string_view text);

}  // namespace sluice::server
