#include "server/config/bucket_address.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace sluice::server {
namespace {

constexpr std::string_view kBucket = "s3://";

Error invalid(std::string text) {
    return {ErrorKind::kInvalid, std::move(text)};
}

bool is_label(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

// S3's own rule has no capitals and no '_'; others that speak its language are not so strict.
bool is_bucket_name(std::string_view name) {
    return name.size() >= 3 && name.size() <= 63 && name.front() != '.' && name.back() != '.' &&
           std::all_of(name.begin(), name.end(), [](char c) { return is_label(c) || c == '.'; });
}

// Keys are names, and not paths of a file system: what a browser would make another name of would
// be found by nobody.
bool is_prefix(std::string_view prefix) {
    while (!prefix.empty()) {
        const std::string_view part = prefix.substr(0, prefix.find('/'));
        const bool is_good = !part.empty() && part != "." && part != ".." &&
                             std::none_of(part.begin(), part.end(), [](char c) {
                                 return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
                             });
        if (!is_good) return false;
        if (part.size() == prefix.size()) break;
        prefix.remove_prefix(part.size() + 1);
    }
    return true;
}

Result<void> read_root(std::string_view root, BucketAddress& out) {
    std::string_view rest = root.substr(kBucket.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    out.bucket = rest.substr(0, slash);
    rest.remove_prefix(slash);
    while (rest.starts_with('/')) rest.remove_prefix(1);
    while (rest.ends_with('/')) rest.remove_suffix(1);
    out.prefix = rest;
    if (is_bucket_name(out.bucket) && is_prefix(out.prefix)) return {};
    return invalid("lake.root: \"" + std::string(root) +
                   "\" is not s3:// with the name of a bucket and a prefix, such as "
                   "\"s3://bucket/lake\"");
}

bool is_address(std::string_view host) {
    return host.find(':') != host.npos ||
           host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_host(std::string_view host) {
    if (host.find(':') != host.npos) {
        return host.find_first_not_of("0123456789abcdefABCDEF:.") == host.npos;
    }
    return !host.empty() &&
           std::all_of(host.begin(), host.end(), [](char c) { return is_label(c) || c == '.'; });
}

Result<void> read_endpoint(const std::string& endpoint, BucketAddress& out) {
    const Error wrong =
        invalid("lake.endpoint: \"" + endpoint +
                "\" is not http:// or https:// with a host and perhaps a port, such as "
                "\"http://127.0.0.1:8333\"");
    std::string_view rest = endpoint;
    out.is_secure = rest.starts_with("https://");
    if (!out.is_secure && !rest.starts_with("http://")) return wrong;
    rest.remove_prefix(out.is_secure ? 8 : 7);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    std::string_view port;
    if (rest.starts_with('[')) {
        const std::size_t end = rest.find(']');
        if (end == rest.npos) return wrong;
        out.host = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
    } else {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        out.host = rest.substr(0, end);
        rest.remove_prefix(end);
    }
    if (!is_host(out.host)) return wrong;
    const std::string_view usual = out.is_secure ? "443" : "80";
    port = usual;
    if (!rest.empty()) {
        port = rest.substr(1);
        std::uint16_t number = 0;
        const auto read = std::from_chars(port.data(), port.data() + port.size(), number);
        const bool is_number = read.ec == std::errc() && read.ptr == port.data() + port.size();
        if (rest.front() != ':' || !is_number || number == 0) return wrong;
    }
    out.port = port;
    out.has_own_port = port != usual;
    return {};
}

}  // namespace

Result<BucketAddress> parse_bucket(const BucketSettings& settings) {
    BucketAddress address;
    SLUICE_TRY_VOID(read_root(settings.root, address));
    address.region = settings.region;
    if (address.region.empty() ||
        !std::all_of(address.region.begin(), address.region.end(), is_label)) {
        return invalid("lake.region: a name such as \"us-east-1\" is needed");
    }
    address.path_style = settings.path_style;
    SLUICE_TRY_VOID(read_endpoint(settings.endpoint.empty()
                                      ? "https://s3." + address.region + ".amazonaws.com"
                                      : settings.endpoint,
                                  address));
    if (!address.path_style && is_address(address.host)) {
        return invalid("lake.path-style: it must be true where the endpoint is an address: " +
                       address.host + " has no names before it");
    }
    if (!address.path_style && address.is_secure && address.bucket.find('.') != std::string::npos) {
        return invalid("lake.path-style: it must be true for a bucket with a '.' in its name, " +
                       address.bucket + ": no certificate is for such a host");
    }
    return address;
}

}  // namespace sluice::server
