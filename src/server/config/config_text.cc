#include "server/config/config_text.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "sluice/base/units.h"

namespace sluice::server {
namespace {

struct DurationUnit {
    std::string_view name;
    std::int64_t ns;
};
// "ms" before "m", so that the longer name is tried first.
constexpr DurationUnit kUnits[] = {
    {"ns", 1},
    {"us", kMicrosecondNs},
    {"\xC2\xB5s", kMicrosecondNs},  // µ, U+00B5
    {"\xCE\xBCs", kMicrosecondNs},  // μ, U+03BC
    {"ms", kMillisecondNs},
    {"s", kSecondNs},
    {"m", kMinuteNs},
    {"h", kHourNs},
};

std::string decimal(std::int64_t value, std::int64_t unit) {
    std::string text = std::to_string(value / unit);
    std::int64_t rest = value % unit;
    if (rest == 0) return text;
    text += '.';
    while (rest != 0) {
        unit /= 10;
        text += static_cast<char>('0' + rest / unit);
        rest %= unit;
    }
    return text;
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
    if (text == "0") return 0;
    if (text.empty()) return std::nullopt;
    double total = 0;
    while (!text.empty()) {
        double number = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number,
                                            std::chars_format::fixed);
        if (parsed.ec != std::errc() || text[0] == '-' || !std::isfinite(number)) {
            return std::nullopt;
        }
        text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
        const DurationUnit* found = nullptr;
        for (const DurationUnit& unit : kUnits) {
            if (text.starts_with(unit.name)) {
                found = &unit;
                break;
            }
        }
        if (found == nullptr) return std::nullopt;
        text.remove_prefix(found->name.size());
        total += number * static_cast<double>(found->ns);
    }
    if (total >= 9.2e18) return std::nullopt;
    return static_cast<std::int64_t>(std::llround(total));
}

std::string format_duration(std::int64_t ns) {
    if (ns == 0) return "0s";
    if (ns < kMicrosecondNs) return std::to_string(ns) + "ns";
    if (ns < kMillisecondNs) return decimal(ns, kMicrosecondNs) + "\xC2\xB5s";
    if (ns < kSecondNs) return decimal(ns, kMillisecondNs) + "ms";
    std::string text;
    if (ns >= kHourNs) text += std::to_string(ns / kHourNs) + "h";
    if (ns >= kMinuteNs) text += std::to_string(ns / kMinuteNs % 60) + "m";
    return text + decimal(ns % kMinuteNs, kSecondNs) + "s";
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    if (text.empty()) return number;
    if (text.size() > 1) return std::nullopt;
    std::uint64_t unit = 0;
    switch (std::tolower(static_cast<unsigned char>(text[0]))) {
        case 'k':
            unit = kKiB;
            break;
        case 'm':
            unit = kMiB;
            break;
        case 'g':
            unit = kGiB;
            break;
        default:
            return std::nullopt;
    }
    if (number > std::numeric_limits<std::uint64_t>::max() / unit) return std::nullopt;
    return number * unit;
}

std::optional<std::uint32_t> parse_permissions(std::string_view text) {
    std::uint32_t bits = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), bits, 8);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size() || bits > 0777) {
        return std::nullopt;
    }
    return bits;
}

std::optional<HostPort> parse_host_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    if (host.starts_with('[')) {
        if (!host.ends_with(']')) return std::nullopt;
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != host.npos) {
        return std::nullopt;
    }
    HostPort parsed;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
    if (digits.empty() || end.ec != std::errc() || end.ptr != digits.data() + digits.size()) {
        return std::nullopt;
    }
    parsed.host = host == "localhost" ? "127.0.0.1" : std::string(host);
    return parsed;
}

std::string format_host_port(const HostPort& address) {
    const bool v6 = address.host.find(':') != address.host.npos;
    return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace sluice::server
