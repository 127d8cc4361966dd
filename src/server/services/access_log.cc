#include "server/services/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sluice/base/log_lines.h"
#include "sluice/http/url.h"
#include "sluice/influxql/sanitize.h"

namespace sluice::server {
namespace {

// Lines are gathered up to this and written at once: a line each would be a system call a request.
constexpr std::size_t kLinesBytesMax = 16 * 1024;
constexpr std::string_view kPrefix = "[httpd] ";
// As InfluxDB writes it (services/httpd/response_logger.go: parseUsername, redactPassword).
constexpr std::string_view kRedacted = "[REDACTED]";

// The parser keeps no text of the method, and knows no other than these.
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
        if (c == '"') line += '\\';
        line += plain ? c : '?';
    }
}

// What does not decode is shown as it came: the server refuses such a request, and has not taken it
// for anything.
std::string decoded(std::string_view text) {
    std::string out;
    if (!http::append_decoded(out, text, true)) out = text;
    return out;
}

// Statements and their parameters, and what an older server would have taken for a password
// behind a semicolon, in the value of any parameter.
std::string shown_value(std::string_view name, std::string_view value, bool params_are_secret) {
    // `token` is how the 2.x API finds the token of a text.
    if (name == "p" || name == "token" || (name == "params" && params_are_secret)) {
        return value.empty() ? "" : std::string(kRedacted);
    }
    if (name == "q") return influxql::sanitize(value);
    const std::size_t password = value.find(";p=");
    if (password == value.npos) return std::string(value);
    return std::string(value.substr(0, password + 3)).append(kRedacted);
}

// What is shown is what the server makes of it: names and values come in any spelling.
void append_pair(std::string& line, std::string_view pair, bool params_are_secret) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = decoded(pair.substr(0, equals));
    const std::string value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    const std::string shown = shown_value(name, value, params_are_secret);
    if (shown == value) {
        append_plain(line, pair);
        return;
    }
    append_plain(line, pair.substr(0, equals + 1));
    http::append_encoded(line, shown);
}

// Calls visitor(pair, whether another one follows).
template <typename Visitor>
void visit_pairs(std::string_view query, Visitor&& visitor) {
    for (;;) {
        const std::size_t end = query.find('&');
        visitor(query.substr(0, end), end != query.npos);
        if (end == query.npos) return;
        query.remove_prefix(end + 1);
    }
}

// A statement about a password may take it from `params`, which can come before it.
bool tells_passwords(std::string_view query) {
    bool tells = false;
    visit_pairs(query, [&tells](std::string_view pair, bool) {
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (decoded(pair.substr(0, equals)) != "q") return;
        const std::string text = decoded(pair.substr(std::min(equals + 1, pair.size())));
        tells = tells || influxql::sanitize(text) != text;
    });
    return tells;
}

// The target of a request, or an address that a client names: a password may stand before its host,
// too.
void append_target(std::string& line, std::string_view target) {
    const std::size_t mark = target.find('?');
    append_plain(line, influxql::sanitize(target.substr(0, mark)));
    if (mark == target.npos) return;
    line += '?';
    const std::string_view query = target.substr(mark + 1);
    const bool params_are_secret = tells_passwords(query);
    visit_pairs(query, [&](std::string_view pair, bool more) {
        append_pair(line, pair, params_are_secret);
        if (more) line += '&';
    });
}

// "Sun, 06 Nov 1994 08:49:37 GMT" as "06/Nov/1994:08:49:37 +0000".
void append_date(std::string& line, std::string_view date) {
    if (date.size() < 25) return;
    line.append(date.substr(5, 2)).append("/").append(date.substr(8, 3)).append("/");
    line.append(date.substr(12, 4)).append(":").append(date.substr(17, 8)).append(" +0000");
}

// Few requests are logged with headers of interest, so that a search through the list is cheaper
// than a place for each in the request.
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

// InfluxDB logs neither what it profiles itself by nor, if that is wanted, its writes: on a busy
// node they would be all there is.
bool is_logged(const http::Request& request, bool suppress_writes) {
    const bool is_write = request.path == "/write" || request.path == "/api/v2/write";
    return !request.path.starts_with("/debug/") && !(is_write && suppress_writes);
}

// A filter is a status with x for any digit: "5xx", "40x", "404".
bool is_logged_status(unsigned status, const std::vector<std::string>& filters) {
    const std::string text = std::to_string(status);
    const auto fits = [&text](const std::string& filter) {
        bool fit = filter.size() == text.size();
        for (std::size_t i = 0; fit && i < text.size(); ++i) {
            fit = filter[i] == 'x' || filter[i] == 'X' || filter[i] == text[i];
        }
        return fit;
    };
    return filters.empty() || std::ranges::any_of(filters, fits);
}

// The Common Log Format, and behind it what InfluxDB appends: referrer, agent, request id, and the
// microseconds that the request took. All that a client has chosen is made harmless, and secrets
// are taken out, before it gets into the line.
std::string access_line(const http::Request& request, const AccessEntry& entry) {
    std::string line(kPrefix);
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
    append_target(line, or_dash(request.referer));
    line += "\" \"";
    append_plain(line, or_dash(request.user_agent));
    line += "\" ";
    append_plain(line, entry.request_id);
    line += " " + std::to_string(entry.took_ns / 1000);
    return line;
}

// What was gathered since the last flush() has been written by then: the server flushes when its
// core stops.
AccessLog::~AccessLog() {
    if (fd_ >= 0) ::close(fd_);
}

// Each core opens the file for itself. Appending writes of whole lines do not mix.
Result<void> AccessLog::open(const std::string& path) {
    fd_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0) return os_failure(errno, "open the access log " + path);
    return {};
}

// Lines leave when enough have gathered, and once a second by the heartbeat of the core.
void AccessLog::add(const http::Request& request, const AccessEntry& entry) {
    const std::string line = access_line(request, entry);
    lines_ += fd_ < 0 ? std::string_view(line) : std::string_view(line).substr(kPrefix.size());
    lines_ += '\n';
    if (lines_.size() >= kLinesBytesMax) flush();
}

void AccessLog::flush() {
    if (lines_.empty()) return;
    if (fd_ < 0) {
        write_log_lines(lines_);
    } else {
        // Whole lines at once, so that those of several cores do not mix. What a full disk does not
        // take is lost.
        [[maybe_unused]] const ssize_t written = ::write(fd_, lines_.data(), lines_.size());
    }
    lines_.clear();
}

}  // namespace sluice::server
