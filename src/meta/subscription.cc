// Destinations of subscriptions are read as Go's net/url and net.SplitHostPort read them, and
// refused where these refuse them.
#include "sluice/meta/subscription.h"

#include <algorithm>
#include <optional>

namespace sluice::meta {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
bool is_outside_ascii(char c) {
    return static_cast<unsigned char>(c) >= 0x80;
}
bool is_one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Nothing for a broken escape.
std::optional<std::string> unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

// What stands in front of "://", in lower case; empty where there is none.
std::string take_scheme(std::string_view& url) {
    std::string scheme;
    for (std::size_t i = 0; i < url.size(); ++i) {
        const char c = url[i];
        if (c == ':') {
            url.remove_prefix(i + 1);
            return scheme;
        }
        if (!is_letter(c) && (i == 0 || (!is_digit(c) && !is_one_of(c, "+-.")))) return {};
        scheme += is_letter(c) ? static_cast<char>(c | 0x20) : c;
    }
    return {};
}

bool is_user_text(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter(c) || is_digit(c) || is_one_of(c, "-._:~!$&'()*+,;=%@");
    });
}

bool is_host_text(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter(c) || is_digit(c) || is_outside_ascii(c) ||
               is_one_of(c, "-_.~!$&'()*+,;=:[]<>\"");
    });
}

// "host:port" or "[address]:port".
bool split_host_port(std::string_view text, Destination& into) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return false;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (port.empty() || !std::all_of(port.begin(), port.end(), is_digit)) return false;
    if (!host.empty() && host.front() == '[') {
        if (host.back() != ']') return false;
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return false;
    }
    if (host.find_first_of("[]") != std::string_view::npos) return false;
    into.host = host;
    into.port = port;
    return true;
}

bool split_user(std::string_view text, Destination& into) {
    if (!is_user_text(text)) return false;
    const std::size_t colon = text.find(':');
    std::optional<std::string> user = unescape(text.substr(0, colon));
    std::optional<std::string> password =
        unescape(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
    if (!user || !password) return false;
    into.user = std::move(*user);
    into.password = std::move(*password);
    return true;
}

bool parse_into(std::string_view url, Destination& into) {
    if (std::any_of(url.begin(), url.end(), is_control)) return false;
    const std::size_t hash = url.find('#');
    if (hash != std::string_view::npos && !unescape(url.substr(hash + 1))) return false;
    url = url.substr(0, hash);
    url = url.substr(0, url.find('?'));
    if (!url.starts_with("//")) return false;
    url.remove_prefix(2);
    const std::size_t slash = std::min(url.find('/'), url.size());
    std::string_view path = url.substr(slash);
    std::string_view authority = url.substr(0, slash);
    const std::size_t at = authority.rfind('@');
    if (at != std::string_view::npos) {
        if (!split_user(authority.substr(0, at), into)) return false;
        authority.remove_prefix(at + 1);
    }
    if (!is_host_text(authority) || !unescape(path)) return false;
    while (!path.empty() && path.back() == '/') path.remove_suffix(1);
    into.path = path;
    return split_host_port(authority, into);
}

}  // namespace

std::string_view subscription_mode_text(SubscriptionMode mode) {
    return mode == SubscriptionMode::kAny ? "ANY" : "ALL";
}

Result<Destination> parse_destination(std::string_view url) {
    Destination destination;
    std::string_view rest = url;
    const std::string scheme = take_scheme(rest);
    const bool known = scheme == "http" || scheme == "https" || scheme == "udp";
    if (!known || !parse_into(rest, destination)) {
        return Error{ErrorKind::kInvalid, "invalid subscription URL: " + std::string(url)};
    }
    using Protocol = Destination::Protocol;
    destination.protocol = scheme == "udp"     ? Protocol::kUdp
                           : scheme == "https" ? Protocol::kHttps
                                               : Protocol::kHttp;
    return destination;
}

}  // namespace sluice::meta
