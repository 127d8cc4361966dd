// The settings of one [[limits]] table: what a user, or whoever writes to a database, may write.
#pragma once

#include <cstdint>
#include <string>

#include "server/config/setting_types.h"

namespace sluice::server {

// A limit is about the writes that `database` and `user` both fit; an empty one fits all.
struct LimitSettings {
    std::string database;
    std::string user;
    // 0: any number. A burst is what may come at once after a quiet while; 0: that of a second.
    std::uint64_t points_per_second = 0;
    std::uint64_t points_burst = 0;
    SettingSize bytes_per_second{0};  // of line protocol, inflated
    SettingSize bytes_burst{0};
};

// Calls visitor(key, value) for each.
template <typename L, typename Visitor>
void visit_limit(L& limit, Visitor&& visitor) {
    visitor("database", limit.database);
    visitor("user", limit.user);
    visitor("points-per-second", limit.points_per_second);
    visitor("points-burst", limit.points_burst);
    visitor("bytes-per-second", limit.bytes_per_second);
    visitor("bytes-burst", limit.bytes_burst);
}

}  // namespace sluice::server
