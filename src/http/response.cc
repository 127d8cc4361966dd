#include "sluice/http/response.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ctime>
#include <string>

#include "sluice/base/check.h"
#include "sluice/base/units.h"

namespace sluice::http {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void write_hex(char* out, std::uint64_t value, unsigned digits) {
    for (unsigned i = digits; i-- > 0; value >>= 4) out[i] = kHex[value & 15];
}

void append_number(OutputBuffer& out, std::uint64_t number, int base = 10) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
    append_text(out, {digits, static_cast<std::size_t>(end - digits)});
}

// What Go cuts off at both ends of a value.
constexpr std::string_view kBlanks = " \t\r\n";

void append_field(OutputBuffer& out, const HeaderField& field) {
    append_text(out, field.name);
    append_text(out, ": ");
    const std::size_t first = std::min(field.value.find_first_not_of(kBlanks), field.value.size());
    const std::size_t end = field.value.find_last_not_of(kBlanks) + 1;
    for (const char c : field.value.substr(first, std::max(end, first) - first)) {
        out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c);
    }
    append_text(out, "\r\n");
}

}  // namespace

std::string_view reason_phrase(std::uint16_t status) {
    switch (status) {
        case 100:
            return "Continue";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 204:
            return "No Content";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 411:
            return "Length Required";
        case 413:
            return "Request Entity Too Large";
        case 422:
            return "Unprocessable Entity";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "status";
    }
}

ResponseStamp::ResponseStamp(std::uint64_t node) {
    std::memcpy(request_id_.data(), "00000000-0000-1000-8000-000000000000", kRequestIdSize);
    write_hex(request_id_.data() + 20, node >> 48, 3);
    // The multicast bit says that the node is not a network card's address.
    write_hex(request_id_.data() + 24, node | (std::uint64_t{1} << 40), 12);
    set_time(0);
}

void ResponseStamp::set_time(std::int64_t wall_ns) {
    wall_ns_ = wall_ns;
    const std::int64_t second = wall_ns / kSecondNs;
    if (second == date_second_) return;
    date_second_ = second;
    tm utc{};
    const std::time_t time = second;
    gmtime_r(&time, &utc);
    // Not %a and %b, which follow the locale.
    constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[kDateSize + 32];
    const int size = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                                   utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    SLUICE_CHECK(size == static_cast<int>(kDateSize));
    std::memcpy(date_.data(), text, kDateSize);
}

std::string_view ResponseStamp::next_request_id() {
    // 100 ns steps since 1582-10-15, and always later than the one before.
    constexpr std::uint64_t kGregorianToUnixTicks = 0x01B21DD213814000;
    const std::uint64_t now = static_cast<std::uint64_t>(wall_ns_) / 100 + kGregorianToUnixTicks;
    last_ticks_ = std::max(now, last_ticks_ + 1);
    write_hex(request_id_.data(), last_ticks_ & 0xFFFFFFFF, 8);
    write_hex(request_id_.data() + 9, (last_ticks_ >> 32) & 0xFFFF, 4);
    write_hex(request_id_.data() + 15, (last_ticks_ >> 48) & 0xFFF, 3);
    return {request_id_.data(), kRequestIdSize};
}

void ResponseHead::add(std::string_view name, std::string_view value) {
    SLUICE_CHECK(field_count_ < kFieldsMax);
    fields_[field_count_++] = {name, value};
}

void ResponseHead::add_request_id(std::string_view id) {
    add("Request-Id", id);
    add("X-Request-Id", id);
}

void ResponseHead::append_to(OutputBuffer& out, const ResponseStamp& stamp) {
    append_text(out, "HTTP/1.1 ");
    append_number(out, status_);
    append_text(out, " ");
    append_text(out, reason_phrase(status_));
    append_text(out, "\r\n");
    const auto fields_end = fields_.begin() + static_cast<std::ptrdiff_t>(field_count_);
    std::sort(fields_.begin(), fields_end,
              [](const HeaderField& a, const HeaderField& b) { return a.name < b.name; });
    for (auto field = fields_.begin(); field != fields_end; ++field) append_field(out, *field);
    append_field(out, {"Date", stamp.date()});
    if (body_ == ResponseBody::kLength) {
        append_text(out, "Content-Length: ");
        append_number(out, content_length_);
        append_text(out, "\r\n");
    }
    if (connection_ == ConnectionField::kClose || body_ == ResponseBody::kUntilClose) {
        append_field(out, {"Connection", "close"});
    } else if (connection_ == ConnectionField::kKeepAlive) {
        append_field(out, {"Connection", "keep-alive"});
    }
    if (body_ == ResponseBody::kChunked) append_field(out, {"Transfer-Encoding", "chunked"});
    append_text(out, "\r\n");
}

NoContentAnswer::NoContentAnswer(std::string_view version, std::string_view build) {
    const std::string no_id(ResponseStamp::kRequestIdSize, 'i');
    const std::string no_date(ResponseStamp::kDateSize, 'd');
    append_text(bytes_,
                "HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\nRequest-Id: ");
    request_id_at_ = bytes_.size();
    append_text(bytes_, no_id);
    append_text(bytes_, "\r\nX-Influxdb-Build: ");
    append_text(bytes_, build);
    append_text(bytes_, "\r\nX-Influxdb-Version: ");
    append_text(bytes_, version);
    append_text(bytes_, "\r\nX-Request-Id: ");
    x_request_id_at_ = bytes_.size();
    append_text(bytes_, no_id);
    append_text(bytes_, "\r\nDate: ");
    date_at_ = bytes_.size();
    append_text(bytes_, no_date);
    append_text(bytes_, "\r\n\r\n");
}

void NoContentAnswer::append_to(OutputBuffer& out, std::string_view date,
                                std::string_view request_id) const {
    SLUICE_CHECK(date.size() == ResponseStamp::kDateSize &&
                 request_id.size() == ResponseStamp::kRequestIdSize);
    char* const answer = out.append_uninitialized(bytes_.size());
    std::memcpy(answer, bytes_.data(), bytes_.size());
    std::memcpy(answer + request_id_at_, request_id.data(), ResponseStamp::kRequestIdSize);
    std::memcpy(answer + x_request_id_at_, request_id.data(), ResponseStamp::kRequestIdSize);
    std::memcpy(answer + date_at_, date.data(), ResponseStamp::kDateSize);
}

void append_chunk(OutputBuffer& out, std::string_view bytes) {
    if (bytes.empty()) return;  // would end the body
    append_number(out, bytes.size(), 16);
    append_text(out, "\r\n");
    append_text(out, bytes);
    append_text(out, "\r\n");
}

}  // namespace sluice::http
