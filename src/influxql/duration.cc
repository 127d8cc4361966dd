#include "sluice/influxql/duration.h"

#include <charconv>

#include "influxql/go_integers.h"
#include "sluice/base/units.h"

namespace sluice::influxql {
namespace {

struct Unit {
    std::string_view text;
    std::int64_t nanoseconds;
};
// Longer texts first: "ms" is not "m" and an "s".
constexpr Unit kUnits[] = {
    {"ns", 1},        {"ms", kMillisecondNs}, {"µ", kMicrosecondNs}, {"u", kMicrosecondNs},
    {"s", kSecondNs}, {"m", kMinuteNs},       {"h", kHourNs},        {"d", kDayNs},
    {"w", kWeekNs}};

// `value`, which is below 1000 units of 10^digits, as a decimal without trailing zeros.
std::string decimal(std::uint64_t value, unsigned digits) {
    std::uint64_t unit = 1;
    for (unsigned i = 0; i < digits; ++i) unit *= 10;
    std::string text = std::to_string(value / unit);
    std::uint64_t rest = value % unit;
    if (rest == 0) return text;
    std::string fraction = std::to_string(rest);
    fraction.insert(0, digits - fraction.size(), '0');
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return text + "." + fraction;
}

}  // namespace

// An overflow is noticed by the sign of the sum, as in InfluxDB: a number that wraps around twice
// passes for a small one, there and here.
Result<std::int64_t> parse_duration(std::string_view text) {
    const Error invalid{ErrorKind::kInvalid, "invalid duration"};
    if (text.size() < 2) return invalid;
    const bool negative = text.front() == '-';
    if (negative) text.remove_prefix(1);
    std::int64_t total = 0;
    while (!text.empty()) {
        std::int64_t count = 0;
        if (text.front() < '0' || text.front() > '9') return invalid;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc{}) return invalid;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const Unit* unit = nullptr;
        for (const Unit& candidate : kUnits) {
            if (unit == nullptr && text.starts_with(candidate.text)) unit = &candidate;
        }
        if (unit == nullptr) return invalid;
        text.remove_prefix(unit->text.size());
        total = wrapping_add(total, wrapping_multiply(count, unit->nanoseconds));
        if (text.empty() && total < 0 && !negative) {
            return Error{ErrorKind::kInvalid, "overflowed duration " + std::to_string(count) +
                                                  std::string(unit->text) +
                                                  ": choose a smaller duration or INF"};
        }
    }
    return negative ? wrapping_negate(total) : total;
}

std::string format_duration(std::int64_t nanoseconds) {
    if (nanoseconds == 0) return "0s";
    constexpr Unit kPrinted[] = {{"w", kWeekNs},       {"d", kDayNs},    {"h", kHourNs},
                                 {"m", kMinuteNs},     {"s", kSecondNs}, {"ms", kMillisecondNs},
                                 {"u", kMicrosecondNs}};
    for (const Unit& unit : kPrinted) {
        if (nanoseconds % unit.nanoseconds == 0) {
            return std::to_string(nanoseconds / unit.nanoseconds) + std::string(unit.text);
        }
    }
    return std::to_string(nanoseconds) + "ns";
}

// Hours are the largest unit of Go, so a week is 168h0m0s. Below a second one unit is chosen for
// the whole.
std::string format_go_duration(std::int64_t nanoseconds) {
    if (nanoseconds == 0) return "0s";
    const bool negative = nanoseconds < 0;
    const auto magnitude = negative ? ~static_cast<std::uint64_t>(nanoseconds) + 1
                                    : static_cast<std::uint64_t>(nanoseconds);
    std::string text = negative ? "-" : "";
    if (magnitude < 1'000) return text + std::to_string(magnitude) + "ns";
    if (magnitude < 1'000'000) return text + decimal(magnitude, 3) + "µs";
    if (magnitude < 1'000'000'000) return text + decimal(magnitude, 6) + "ms";
    const std::uint64_t hours = magnitude / kHourNs;
    const std::uint64_t minutes = magnitude / kMinuteNs % 60;
    if (hours > 0) text += std::to_string(hours) + "h";
    if (hours > 0 || minutes > 0) text += std::to_string(minutes) + "m";
    return text + decimal(magnitude % kMinuteNs, 9) + "s";
}

}  // namespace sluice::influxql
