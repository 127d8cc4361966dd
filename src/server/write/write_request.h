// What a client asks of a write, before its body is looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/write/write_handler.h"
#include "sluice/model/timestamp.h"

namespace sluice::server {

class Connection;

// Its views are into the head of the request.
struct WriteRequest {
    WriteApi api = WriteApi::kV1;
    std::string_view database;
    std::string_view policy;
    std::string_view bucket;
    // The names of a bucket that was given by its id: `database` and `policy` point into it.
    std::string bucket_name;
    model::Precision precision = model::Precision::kNanosecond;
    std::size_t body_bytes_max = 0;
    std::int64_t now = 0;
    bool gzip = false;
};

// Reads the parameters of the present request, and asks whether its user may write there; returns
// false when an error has been answered. The order of the checks is that of InfluxDB's
// serveWrite().
bool understand(Connection& connection, WriteRequest& request);
// The part of it that is about database, policy and user, for what is no line protocol.
bool understand_database(Connection& connection, WriteRequest& request);

}  // namespace sluice::server
