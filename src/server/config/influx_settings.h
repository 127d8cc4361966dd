// The keys of InfluxDB's configuration file that have no effect here, and what follows from that.
#pragma once

#include <optional>
#include <string_view>

namespace sluice::server {

struct InfluxSetting {
    std::string_view name;  // "section.key"
    // With this value nothing is other than the operator expects.
    std::optional<std::string_view> quiet;
    // Empty: it tunes what does not exist here, and nothing follows whatever its value.
    std::string_view consequence;
};

// Null: InfluxDB does not know it either.
const InfluxSetting* find_influx_setting(std::string_view name);

}  // namespace sluice::server
