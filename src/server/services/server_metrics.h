// The counters of the server beside the engine: InfluxDB's `httpd` statistics and a few of its own.
// METRICS.md says what those on /metrics mean.
#pragma once

#include "sluice/base/metrics.h"

namespace sluice::server {

// One core writes these, and any core may read them.
struct ServerMetrics {
    Counter requests;
    Counter requests_active;
    Counter request_ns;
    Counter writes;
    Counter writes_active;
    Counter write_ns;
    Counter write_body_bytes;  // as they came, compressed or not
    Counter write_timeouts;    // answered 500 before they were durable
    Counter points_ok;
    Counter points_dropped;  // well formed, but refused: type conflicts, beyond retention, limits
    Counter points_failed;   // of writes that ended with 5xx
    Counter values_ok;
    Counter lines_rejected;  // not line protocol
    Counter queries;
    Counter query_ns;
    Counter query_body_bytes;
    Counter queries_active;
    Counter remote_writes;       // of Prometheus; among the writes
    Counter remote_reads;        // of Prometheus; among the queries
    Counter samples_not_finite;  // of remote writes: NaN and infinities, which are no points
    Counter pings;
    Counter statuses;
    Counter client_errors;
    Counter server_errors;
    Counter auth_failures;
    Counter overloads;  // 503 before the body was read
    Counter connections_accepted;
    Counter connections_active;
    Counter connections_refused;     // beyond the limit
    Counter connections_over_share;  // of these, beyond the share of one client
    Counter connections_evicted;     // idle, to make room for another
    Counter connections_timed_out;   // slow or idle
    Counter heartbeats;
    Histogram write_latency_ns;  // from the end of the head to the answer
    Histogram query_latency_ns;
};

}  // namespace sluice::server
