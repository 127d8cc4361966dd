#include "server/services/access_log.h"

#include "sluice/base/log_lines.h"

namespace sluice::server {
namespace {

constexpr std::size_t kLinesBytesMax = 16 * 1024;

std::string_view method_name(http::Method method) {
    switch (method) {
        case http::Method::kGet:
            return "GET";
        case http::Method::kHead:
            return "HEAD";
        case http::Method::kPost:
            return "POST";
        case http::Method::kPut:
            return "PUT";
        case http::Method::kPatch:
            return "PATCH";
        case http::Method::kDelete:
            return "DELETE";
        case http::Method::kOptions:
            return "OPTIONS";
        default:
            return "OTHER";
    }
}

std::string_view or_dash(std::string_view text) {
    return text.empty() ? "-" : text;
}

// Bytes that a client sends must not look like the end of its line, nor like a second one.
void append_plain(std::string& line, std::string_view text) {
    for (const char c : text) {
        const bool plain = static_cast<unsigned char>(c) >= 0x20 && c != '\x7F';
        line += plain ? c : '?';
    }
}

void append_target(std::string& line, std::string_view target) {
    std::size_t at = target.find('?');
    append_plain(line, target.substr(0, at == target.npos ? target.size() : at + 1));
    while (at != target.npos) {
        const std::size_t begin = at + 1;
        at = target.find('&', begin);
        const std::string_view pair =
            target.substr(begin, at == target.npos ? target.npos : at - begin);
        const bool password = pair.starts_with("p=") && pair.size() > 2;
        append_plain(line, password ? "p=%5BREDACTED%5D" : pair);
        if (at != target.npos) line += '&';
    }
}

// "Sun, 06 Nov 1994 08:49:37 GMT" as "06/Nov/1994:08:49:37 +0000".
void append_date(std::string& line, std::string_view date) {
    if (date.size() < 25) return;
    line.append(date.substr(5, 2)).append("/").append(date.substr(8, 3)).append("/");
    line.append(date.substr(12, 4)).append(":").append(date.substr(17, 8)).append(" +0000");
}

std::string_view header(const http::Request& request, std::string_view name) {
    for (const http::HeaderField& each : request.headers) {
        if (http::equals_ignoring_case(each.name, name)) return each.value;
    }
    return {};
}

}  // namespace

std::string_view peer_host(std::string_view address) {
    std::string_view host = address.substr(0, address.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return host;
}

bool is_logged(const http::Request& request, bool suppress_writes) {
    const bool is_write = request.path == "/write" || request.path == "/api/v2/write";
    return !request.path.starts_with("/debug/") && !(is_write && suppress_writes);
}

std::string access_line(const http::Request& request, const AccessEntry& entry) {
    std::string line = "[httpd] ";
    const std::string_view forwarded = header(request, "X-Forwarded-For");
    append_plain(line, forwarded);
    if (!forwarded.empty()) line += ',';
    line.append(peer_host(entry.peer));
    line += " - ";
    append_plain(line, or_dash(entry.user));
    line += " [";
    append_date(line, entry.date);
    line.append("] \"").append(method_name(request.method)).append(" ");
    append_target(line, request.target);
    line += request.minor_version == 0 ? " HTTP/1.0\" " : " HTTP/1.1\" ";
    line += std::to_string(entry.status) + " " + std::to_string(entry.body_bytes) + " \"";
    append_plain(line, or_dash(request.referer));
    line += "\" \"";
    append_plain(line, or_dash(request.user_agent));
    line += "\" ";
    append_plain(line, entry.request_id);
    line += " " + std::to_string(entry.took_ns / 1000);
    return line;
}

void AccessLog::add(const http::Request& request, const AccessEntry& entry) {
    lines_ += access_line(request, entry);
    lines_ += '\n';
    if (lines_.size() >= kLinesBytesMax) flush();
}

void AccessLog::flush() {
    if (lines_.empty()) return;
    write_log_lines(lines_);
    lines_.clear();
}

}  // namespace sluice::server
