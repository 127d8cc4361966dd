// The types of settings that are more than a number or a text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/units.h"

namespace sluice::server {

struct SettingDuration {
    std::int64_t ns = 0;
    bool operator==(const SettingDuration&) const = default;
};
struct SettingSize {
    std::uint64_t bytes = 0;
    operator std::uint64_t() const { return bytes; }
    bool operator==(const SettingSize&) const = default;
};

// One text, or several.
struct SettingList {
    std::vector<std::string> values;
    bool operator==(const SettingList&) const = default;
};

// Its text is printed nowhere.
struct SettingSecret {
    std::string text;
    bool operator==(const SettingSecret&) const = default;
};

}  // namespace sluice::server
