// Where a bucket of S3 is, and by which names it is asked for.
#pragma once

#include <string>

#include "sluice/base/result.h"

namespace sluice::server {

// As the configuration has it.
struct BucketSettings {
    std::string root;      // s3://bucket/prefix
    std::string endpoint;  // http:// or https://, a host and perhaps a port; empty: that of AWS
    std::string region;
    bool path_style = false;
};

struct BucketAddress {
    std::string bucket;
    std::string prefix;  // of all keys; without slashes at its ends, may be empty
    std::string region;
    // The server, and the port that it is asked by.
    std::string host;
    std::string port;
    bool is_secure = true;
    bool has_own_port = false;  // another than that of the protocol
    bool path_style = false;    // the bucket stands in the path, and not before the host

    bool operator==(const BucketAddress&) const = default;
};

// kInvalid, with a sentence that begins with the setting's name.
Result<BucketAddress> parse_bucket(const BucketSettings& settings);

}  // namespace sluice::server
