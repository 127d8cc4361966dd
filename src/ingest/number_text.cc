#include "ingest/number_text.h"

#include <charconv>
#include <system_error>

namespace sluice::ingest {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// from_chars reports out of range for both ends. The decimal exponent of the first significant
// digit tells them apart: binary64 ends near 1e308 and 1e-324.
bool is_tiny(std::string_view text) {
    std::int64_t exponent = 0;
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        const char* first = text.data() + e + 1;
        const char* last = text.data() + text.size();
        const bool negative = first != last && *first == '-';
        if (first != last && (*first == '-' || *first == '+')) ++first;
        constexpr std::int64_t kHuge = std::int64_t{1} << 40;
        if (std::from_chars(first, last, exponent).ec != std::errc() || exponent > kHuge) {
            exponent = kHuge;
        }
        if (negative) exponent = -exponent;
        text = text.substr(0, e);
    }
    const std::size_t point = text.find('.');
    const std::size_t significant = text.find_first_of("123456789");
    if (significant == std::string_view::npos) return true;
    const auto whole =
        static_cast<std::int64_t>(point == std::string_view::npos ? text.size() : point);
    return whole - static_cast<std::int64_t>(significant) + exponent < 0;
}

template <typename T>
NumberStatus parse_whole(std::string_view text, T& value) {
    if (text.empty()) return NumberStatus::kSyntax;
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (error == std::errc::invalid_argument || end != last) return NumberStatus::kSyntax;
    return error == std::errc() ? NumberStatus::kOk : NumberStatus::kRange;
}

}  // namespace

NumberStatus parse_float(std::string_view text, double& value) {
    const char* first = text.data();
    const char* last = first + text.size();
    const bool negative = first != last && *first == '-';
    if (negative) ++first;
    // What from_chars would also take: inf, nan.
    if (first == last || (!is_digit(*first) && *first != '.')) return NumberStatus::kSyntax;
    const auto [end, error] = std::from_chars(first, last, value);
    if (error == std::errc::invalid_argument || end != last) return NumberStatus::kSyntax;
    if (error == std::errc::result_out_of_range) {
        if (!is_tiny({first, static_cast<std::size_t>(last - first)})) return NumberStatus::kRange;
        value = 0;
    }
    if (negative) value = -value;
    return NumberStatus::kOk;
}

NumberStatus parse_integer(std::string_view text, std::int64_t& value) {
    return parse_whole(text, value);
}

NumberStatus parse_unsigned(std::string_view text, std::uint64_t& value) {
    return parse_whole(text, value);
}

}  // namespace sluice::ingest
