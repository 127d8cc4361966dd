// The settings of one [[limits]] table: what a user or token, or whoever writes to a database, may
// write.
#pragma once

#include <cstdint>
#include <string>

#include "server/config/setting_types.h"

namespace sluice::server {

// A limit is about the writes that `database`, `user` and `token` all fit; an empty one fits all.
struct LimitSettings {
    std::string database;
    std::string user;
    std::string token;  // its id, 16 hex digits; not beside a user
    // 0: any number. A burst is what may come at once after a quiet while; 0: that of a second.
    std::uint64_t points_per_second = 0;
    std::uint64_t points_burst = 0;
    SettingSize bytes_per_second{0};  // of line protocol, inflated
    SettingSize bytes_burst{0};
    // Such a write makes no new series in a database that has so many, and no new field in a
    // measurement that has so many in a shard group. 0: any number.
    std::uint64_t max_series = 0;
    std::uint64_t max_fields = 0;

    bool has_rate() const { return points_per_second != 0 || bytes_per_second != 0; }
};

// Calls visitor(key, value) for each.
template <typename L, typename Visitor>
void visit_limit(L& limit, Visitor&& visitor) {
    visitor("database", limit.database);
    visitor("user", limit.user);
    visitor("token", limit.token);
    visitor("points-per-second", limit.points_per_second);
    visitor("points-burst", limit.points_burst);
    visitor("bytes-per-second", limit.bytes_per_second);
    visitor("bytes-burst", limit.bytes_burst);
    visitor("max-series", limit.max_series);
    visitor("max-fields", limit.max_fields);
}

}  // namespace sluice::server
