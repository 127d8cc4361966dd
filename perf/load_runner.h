// Sends a RequestSet over N connections and measures every answer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "request_set.h"

namespace sluice::perf {

struct LoadOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8086;
    unsigned connections = 2;
    unsigned threads = 1;
    // Requests a second over all connections; 0 sends the next as soon as the last is answered.
    // With a rate, a latency counts from when the request was due, so a server that stalls is
    // charged for those that had to wait.
    double rate = 0;
    // No new request starts after this time; 0 is without limit.
    double seconds = 0;
    // Begin again with the first request when all are sent, until `seconds` are over.
    bool repeat = false;
};

struct LoadResult {
    double seconds = 0;
    std::uint64_t requests = 0;
    std::uint64_t lines = 0;               // in requests answered with 2xx
    std::uint64_t broken_connections = 0;  // closed or failed before the answer was complete
    std::map<unsigned, std::uint64_t> statuses;
    std::string first_error;  // status line and body of the first answer that is not 2xx
    std::vector<std::uint32_t> latencies_us;  // of all complete answers, sorted
};

LoadResult run_load(const RequestSet& requests, const LoadOptions& options);

}  // namespace sluice::perf
