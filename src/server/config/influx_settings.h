// The keys of InfluxDB's configuration file that have no effect here, and what follows from that.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace sluice::server {

struct InfluxSetting {
    std::string_view name;  // "section.key"
    // With this value nothing is other than the operator expects.
    std::optional<std::string_view> quiet;
    // Empty: it tunes what does not exist here, and nothing follows whatever its value.
    std::string_view consequence;
};

// What InfluxDB does with a setting that its file leaves out, where that is something else here.
struct InfluxDefault {
    std::string_view name;
    std::string_view value;  // InfluxDB's
    std::string_view here;
};
std::span<const InfluxDefault> other_defaults();

// Null: InfluxDB does not know it either.
const InfluxSetting* find_influx_setting(std::string_view name);

}  // namespace sluice::server
