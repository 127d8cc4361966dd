// The counters of one [[udp]] input on one core: InfluxDB's `udp` statistics and a few of our own.
#pragma once

#include "sluice/base/metrics.h"

namespace sluice::server {

// One core writes these, and any core may read them.
struct UdpMetrics {
    Counter bytes_received;
    Counter points_received;  // good lines
    Counter lines_rejected;   // not line protocol
    Counter points_refused;   // well formed, but of another type, beyond retention, over a limit
    Counter points_written;
    Counter batches_written;
    Counter batches_failed;
    Counter points_failed;      // of these
    Counter receive_failures;   // of the socket
    Counter datagrams_dropped;  // by the kernel, for want of room
};

}  // namespace sluice::server
