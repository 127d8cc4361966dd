// A line for each request on standard error, as InfluxDB's response_logger.go writes it:
//
//     [httpd] 10.0.0.7 - bob [23/Nov/2026:10:00:00 +0000] "POST /write?db=d HTTP/1.1" 204 0 "-"
//     "Telegraf/1.30" <id> 1234
//
// Off unless [http] log-enabled asks for it: a line costs as much as a small write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/http/request.h"

namespace sluice::server {

struct AccessEntry {
    std::string_view peer;  // address and port
    std::string_view user;  // of the URL; may be empty
    std::string_view date;  // IMF-fixdate of the beginning
    std::string_view request_id;
    unsigned status = 0;
    std::uint64_t body_bytes = 0;
    std::int64_t took_ns = 0;
};

// Without the port, and without the brackets of IPv6: as Go's net.SplitHostPort().
std::string_view peer_host(std::string_view address);

// InfluxDB logs neither its own diagnostics nor, if so configured, writes.
bool is_logged(const http::Request& request, bool suppress_writes);

// Without its end. Passwords in the URL, also those of statements in it, are not shown.
std::string access_line(const http::Request& request, const AccessEntry& entry);

// Of one core. Lines gather, and leave by flush() at least once a second.
class AccessLog {
public:
    void add(const http::Request& request, const AccessEntry& entry);
    void flush();

private:
    std::string lines_;
};

}  // namespace sluice::server
