// The settings of one [[udp]] input: line protocol by datagrams, with InfluxDB's keys.
#pragma once

#include <cstdint>
#include <string>

#include "server/config/setting_types.h"

namespace sluice::server {

struct UdpSettings {
    bool enabled = false;
    std::string bind_address = ":8089";
    std::string database = "udp";  // made at the first batch if it is not there
    std::string retention_policy;  // empty: the database's default
    std::string precision;         // of timestamps, as /write has it; empty: nanoseconds
    // A batch is written when it has so many lines, or when its first one came so long ago.
    std::uint64_t batch_size = 5000;
    SettingDuration batch_timeout{kSecondNs};
    // Batches that may wait to be written; then datagrams wait in the kernel.
    std::uint64_t batch_pending = 10;
    SettingSize read_buffer{0};  // of the kernel; 0: as it is
};

// Calls visitor(key, value) for each.
template <typename U, typename Visitor>
void visit_udp(U& udp, Visitor&& visitor) {
    visitor("enabled", udp.enabled);
    visitor("bind-address", udp.bind_address);
    visitor("database", udp.database);
    visitor("retention-policy", udp.retention_policy);
    visitor("precision", udp.precision);
    visitor("batch-size", udp.batch_size);
    visitor("batch-timeout", udp.batch_timeout);
    visitor("batch-pending", udp.batch_pending);
    visitor("read-buffer", udp.read_buffer);
}

}  // namespace sluice::server
