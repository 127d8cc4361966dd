#include "server/write/write_precision.h"

namespace sluice::server {

using model::Precision;

std::optional<Precision> v1_precision(std::string_view text) {
    if (text.empty() || text == "n" || text == "ns") return Precision::kNanosecond;
    if (text == "u" || text == "us" || text == "\xC2\xB5") return Precision::kMicrosecond;
    if (text == "ms") return Precision::kMillisecond;
    if (text == "s") return Precision::kSecond;
    if (text == "m") return Precision::kMinute;
    if (text == "h") return Precision::kHour;
    return std::nullopt;
}

std::optional<Precision> v2_precision(std::string_view text) {
    if (text.empty() || text == "ns") return Precision::kNanosecond;
    if (text == "us") return Precision::kMicrosecond;
    if (text == "ms") return Precision::kMillisecond;
    if (text == "s") return Precision::kSecond;
    return std::nullopt;
}

}  // namespace sluice::server
