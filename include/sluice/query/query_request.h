// A QueryRequest is what a request to /query asks for, a QueryRefusal is why it does not get it,
// and QueryLimits are what its statements may use.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/query/answer_format.h"

namespace sluice::query {

struct QueryRequest {
    std::string text;  // parameter q
    std::string database;
    std::string retention_policy;  // empty: the database's default
    // Parameter epoch: ns, u, ms, s, m, h; empty means RFC 3339, an unknown unit nanoseconds.
    std::string epoch;
    std::string params;  // JSON object of bound parameters; may be empty
    bool chunked = false;
    std::uint64_t chunk_size = 10'000;  // rows; 0 takes the default. Ignored unless chunked
    std::uint64_t rows_max = 0;         // of the answer, 0: no limit; ignored when chunked
    bool pretty = false;
    bool read_only_method = false;  // GET: statements that write carry a warning
    AnswerFormat format = AnswerFormat::kJson;
    // Who asks, for the log; either may be empty.
    std::string client;  // address
    std::string user;
    // The token that was shown; 0: none. `user` is its name then.
    std::uint64_t token = 0;
    // `user` has proven its name and may do what it was granted. Otherwise everything is allowed,
    // and the name is what the client says.
    bool authorize = false;
    // Where the server keeps its files: errors do not show it.
    std::string hidden_directory;
};

// Why a request is not run at all.
struct QueryRefusal {
    int status = 400;  // of HTTP
    std::string message;
};

struct QueryLimits {
    // The memory of one query on one core: partial states, sort buffers, pending rows.
    std::uint64_t memory_bytes_max = 256ull << 20;
    // InfluxDB's settings for one SELECT; 0 = unlimited. Values that are read (max-select-point),
    // series (max-select-series), GROUP BY time() windows of a tag set (max-select-buckets).
    std::uint64_t points_max = 0;
    std::uint64_t series_max = 0;
    std::uint64_t windows_max = 0;
};

// The database and policy that a request names for names without them.
struct Defaults {
    std::string database;
    std::string retention_policy;
};

}  // namespace sluice::query
