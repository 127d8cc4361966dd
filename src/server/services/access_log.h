// The access log is a line for each request on standard error, or in a file, as InfluxDB's
// response_logger.go writes it:
//
//     [httpd] 10.0.0.7 - bob [23/Nov/2026:10:00:00 +0000] "POST /write?db=d HTTP/1.1" 204 0 "-"
//     "Telegraf/1.30" <id> 1234
//
// It is off unless [http] log-enabled asks for it, because a line costs as much as a small write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/http/request.h"

namespace sluice::server {

struct AccessEntry {
    std::string_view peer;  // address and port
    std::string_view user;  // may be empty
    std::string_view date;  // IMF-fixdate of the beginning
    std::string_view request_id;
    unsigned status = 0;
    std::uint64_t body_bytes = 0;
    std::int64_t took_ns = 0;
};

// Returns an address without the port and without the brackets of IPv6, as Go's net.SplitHostPort()
// does.
std::string_view peer_host(std::string_view address);

// Returns whether a request is logged. InfluxDB logs neither its own diagnostics nor, if so
// configured, writes.
bool is_logged(const http::Request& request, bool suppress_writes);

// Returns whether an answer of this status is logged: one of the filters ("5xx", "404") fits, or
// there are none.
bool is_logged_status(unsigned status, const std::vector<std::string>& filters);

// Returns the line of a request, without its end. A password in the URL is not shown.
std::string access_line(const http::Request& request, const AccessEntry& entry);

// The log of one core. Lines gather, and leave by flush() at least once a second.
class AccessLog {
public:
    AccessLog() = default;
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;
    ~AccessLog();

    // Writes to the end of a file from now on; all cores write to the same one. As in InfluxDB,
    // lines in a file do not begin with "[httpd] ".
    Result<void> open(const std::string& path);
    void add(const http::Request& request, const AccessEntry& entry);
    void flush();

private:
    std::string lines_;
    int fd_ = -1;  // of the file
};

}  // namespace sluice::server
