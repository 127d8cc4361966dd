// A Subscription says where the writes of a retention policy are forwarded to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"

namespace sluice::meta {

// The values are stored; they never change.
enum class SubscriptionMode : std::uint8_t {
    kAll = 0,  // to every destination
    kAny = 1,  // to one, in turn
};
std::string_view subscription_mode_text(SubscriptionMode mode);  // "ALL", "ANY"

struct Subscription {
    std::string name;
    SubscriptionMode mode = SubscriptionMode::kAll;
    std::vector<std::string> destinations;  // as they were written
};

struct Destination {
    enum class Protocol : std::uint8_t { kHttp, kUdp, kHttps };
    Protocol protocol = Protocol::kHttp;
    std::string user;      // of http, may be empty
    std::string password;  // likewise
    std::string host;      // a name or an address, without brackets
    std::string port;      // a number or the name of a service
    std::string path;      // of http: behind the port, no slash at its end; may be empty
};

// kInvalid with InfluxDB's text for what is no http, https or udp URL with a port.
Result<Destination> parse_destination(std::string_view url);

}  // namespace sluice::meta
