// By which host and path a bucket and its objects are asked for, in both styles of S3.
#pragma once

#include <string>

#include "server/config/bucket_address.h"

namespace sluice::server {

// The bucket stands before the host, or in the path.
std::string host_of(const BucketAddress& address);
// The whole key of an object that is named below the prefix.
std::string full_key(const BucketAddress& address, const std::string& key);
// Not encoded. An empty key: the path of the bucket.
std::string path_of(const BucketAddress& address, const std::string& key);

}  // namespace sluice::server
