#include "server/s3/object_place.h"

namespace sluice::server {

std::string host_of(const BucketAddress& address) {
    return address.path_style ? address.host : address.bucket + '.' + address.host;
}

std::string full_key(const BucketAddress& address, const std::string& key) {
    return address.prefix.empty() ? key : address.prefix + '/' + key;
}

std::string path_of(const BucketAddress& address, const std::string& key) {
    const std::string bucket = address.path_style ? '/' + address.bucket : std::string();
    if (key.empty()) return bucket.empty() ? "/" : bucket;
    return bucket + '/' + full_key(address, key);
}

}  // namespace sluice::server
