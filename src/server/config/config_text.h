// Durations and sizes as InfluxDB's configuration writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::server {

// A Go duration: "1h30m", "10s", "1.5ms", "0". Not negative: no setting is.
std::optional<std::int64_t> parse_duration(std::string_view text);
// Prints a duration as Go's Duration.String() does: "1h30m0s", "1.5ms", "0s".
std::string format_duration(std::int64_t ns);

// "25000000", "25m", "1g": units of 1024.
std::optional<std::uint64_t> parse_size(std::string_view text);

// "0770": the bits of chmod(2), in octal.
std::optional<std::uint32_t> parse_permissions(std::string_view text);

struct HostPort {
    std::string host;  // empty: all addresses
    std::uint16_t port = 0;
};
// ":8086", "127.0.0.1:8086", "[::1]:8086", "localhost:8086".
std::optional<HostPort> parse_host_port(std::string_view text);
std::string format_host_port(const HostPort& address);

}  // namespace sluice::server
