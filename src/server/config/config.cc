#include "server/config/config.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "server/config/bind_addresses.h"
#include "server/config/config_text.h"
#include "sluice/tls/context.h"

namespace sluice::server {
namespace {

std::string environment_name(std::string_view prefix, std::string_view section,
                             std::string_view key) {
    std::string name(prefix);
    for (const std::string_view part : {section, key}) {
        name += '_';
        for (const char c : part) {
            name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        }
    }
    return name;
}

const char* find_variable(const char* const* environment, std::string_view name) {
    for (; *environment != nullptr; ++environment) {
        const char* const entry = *environment;
        if (std::strncmp(entry, name.data(), name.size()) == 0 && entry[name.size()] == '=') {
            return entry + name.size() + 1;
        }
    }
    return nullptr;
}

bool assign(std::string& value, std::string_view text) {
    value = text;
    return true;
}
bool assign(SettingSecret& value, std::string_view text) {
    value.text = text;
    return true;
}
// Separated by commas.
bool assign(SettingList& value, std::string_view text) {
    value.values.clear();
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        value.values.emplace_back(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return true;
}
bool assign(bool& value, std::string_view text) {
    value = text == "true" || text == "1";
    return value || text == "false" || text == "0";
}
bool assign(std::uint64_t& value, std::string_view text) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}
bool assign(SettingSize& value, std::string_view text) {
    const auto parsed = parse_size(text);
    if (parsed) value.bytes = *parsed;
    return parsed.has_value();
}
bool assign(SettingDuration& value, std::string_view text) {
    const auto parsed = parse_duration(text);
    if (parsed) value.ns = *parsed;
    return parsed.has_value();
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}
template <typename T>
bool is_hidden(const T&) {
    return false;
}
bool is_hidden(const SettingSecret& secret) {
    return !secret.text.empty();
}

Error invalid(std::string text) {
    return Error{ErrorKind::kInvalid, std::move(text)};
}

}  // namespace

std::string format_setting(const std::string& value) {
    return quoted(value);
}
std::string format_setting(bool value) {
    return value ? "true" : "false";
}
std::string format_setting(std::uint64_t value) {
    return std::to_string(value);
}
std::string format_setting(SettingSize value) {
    return std::to_string(value.bytes);
}
std::string format_setting(SettingDuration value) {
    return quoted(format_duration(value.ns));
}
std::string format_setting(const SettingSecret& value) {
    return value.text.empty() ? quoted("") : quoted("[REDACTED]");
}

std::string format_setting(const SettingList& value) {
    if (value.values.size() == 1) return quoted(value.values[0]);
    std::string list;
    for (const std::string& each : value.values) list += (list.empty() ? "" : ", ") + quoted(each);
    return '[' + list + ']';
}

std::string default_setting(std::string_view section, std::string_view key) {
    std::string text;
    const Config defaults;
    visit_settings(defaults, [&](std::string_view s, std::string_view k, const auto& value) {
        if (s == section && k == key) text = format_setting(value);
    });
    const LimitSettings limit;
    visit_limit(limit, [&](std::string_view k, const auto& value) {
        if (section == "limits" && k == key) text = format_setting(value);
    });
    const UdpSettings udp;
    visit_udp(udp, [&](std::string_view k, const auto& value) {
        if (section == "udp" && k == key) text = format_setting(value);
    });
    return text;
}

Result<void> apply_environment(Config& config, const char* const* environment,
                               std::string_view prefix) {
    std::string trouble;
    const auto apply = [&](std::string_view section, std::string_view key, auto& value,
                           std::string_view right) {
        const std::string name = environment_name(prefix, section, key);
        const char* const text = find_variable(environment, name);
        if (text == nullptr || *text == '\0') return;
        if (!assign(value, text) && trouble.empty()) {
            trouble = name + ": cannot understand \"" + text + "\"; a right value is " +
                      std::string(right);
        }
    };
    visit_settings(config, [&](std::string_view section, std::string_view key, auto& value) {
        apply(section, key, value, default_setting(section, key));
    });
    // INFLUXDB_UDP_DATABASE is for all inputs, INFLUXDB_UDP_0_DATABASE for the first.
    for (std::size_t i = 0; i < config.udp.size(); ++i) {
        const std::string own = "udp_" + std::to_string(i);
        visit_udp(config.udp[i], [&](std::string_view key, auto& value) {
            const std::string right = default_setting("udp", key);
            apply("udp", key, value, right);
            apply(own, key, value, right);
        });
    }
    if (!trouble.empty()) return invalid(std::move(trouble));
    return {};
}

namespace {

Result<void> check_udp(const UdpSettings& udp) {
    if (!udp.enabled) return {};
    if (!parse_host_port(udp.bind_address)) {
        return invalid("udp.bind-address: \"" + udp.bind_address +
                       "\" is not an address and a port, such as \":8089\"");
    }
    if (udp.database.empty()) return invalid("udp.database: a database is needed");
    for (const std::string_view known : {"", "n", "ns", "u", "us", "ms", "s", "m", "h"}) {
        if (udp.precision == known) return {};
    }
    return invalid("udp.precision: n, u, ms, s, m or h");
}

// InfluxDB's rule (services/httpd/config.go: ParseStatusFilter).
Result<void> check_status_filter(std::string_view filter) {
    const std::size_t digits = std::min(filter.find_first_of("xX"), filter.size());
    bool good = filter.size() == 3 && filter[0] >= '1' && filter[0] <= '5';
    for (std::size_t i = 0; good && i < filter.size(); ++i) {
        const bool is_digit = filter[i] >= '0' && filter[i] <= '9';
        good = i < digits ? is_digit : filter[i] == 'x' || filter[i] == 'X';
    }
    if (good) return {};
    return invalid("http.access-log-status-filters: \"" + std::string(filter) +
                   "\" is no status such as \"404\" or \"5xx\"");
}

Result<void> check_limit(const LimitSettings& limit) {
    if (!limit.has_rate() && limit.max_series == 0 && limit.max_fields == 0) {
        return invalid(
            "limits: points-per-second, bytes-per-second, max-series or max-fields is needed in "
            "each");
    }
    const bool is_id = limit.token.size() == 16 &&
                       limit.token.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!limit.token.empty() && !is_id) {
        return invalid("limits: token: \"" + limit.token +
                       "\" is not the id of a token, 16 hex digits in lower case");
    }
    if (!limit.token.empty() && !limit.user.empty()) {
        return invalid("limits: a table is about a user or about a token");
    }
    return {};
}

}  // namespace

Result<void> check_config(const Config& config) {
    const auto addresses = parse_bind_addresses(config.http.bind_address.values);
    if (!addresses.ok()) return addresses.error();
    if (!config.http.https_client_ca.empty() && !config.http.https_enabled) {
        return invalid("http.https-client-ca: nobody shows a certificate without https-enabled");
    }
    if (config.http.https_client_name_is_user && config.http.https_client_ca.empty()) {
        return invalid("http.https-client-name-is-user: it needs https-client-ca");
    }
    if (config.http.unix_socket_enabled) {
        if (config.http.bind_socket.empty()) return invalid("http.bind-socket: a path is needed");
        if (!parse_permissions(config.http.unix_socket_permissions)) {
            return invalid("http.unix-socket-permissions: \"" +
                           config.http.unix_socket_permissions +
                           "\" is no octal number such as \"0770\"");
        }
    }
    if (config.http.https_enabled) {
        SLUICE_TRY_VOID(tls::check_versions(
            {config.tls.min_version, config.tls.max_version, config.tls.ciphers.values}));
    }
    for (const char c : config.http.realm) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '\x7F') {
            return invalid("http.realm: control characters cannot stand in a header field");
        }
    }
    for (const std::string& filter : config.http.access_log_status_filters.values) {
        SLUICE_TRY_VOID(check_status_filter(filter));
    }
    if (config.http.max_client_share > 100) {
        return invalid("http.max-client-share: a percentage, at most 100");
    }
    for (const UdpSettings& udp : config.udp) {
        SLUICE_TRY_VOID(check_udp(udp));
    }
    for (const LimitSettings& limit : config.limits) {
        SLUICE_TRY_VOID(check_limit(limit));
    }
    SLUICE_TRY_VOID(check_lake(config.lake));
    if (config.lake.enabled && !config.lake.is_bucket() &&
        (config.lake.place() + '/').starts_with(config.data.dir + '/')) {
        return invalid("lake.root: it must not lie in data.dir");
    }
    if (config.data.dir.empty()) return invalid("data.dir: a directory is needed");
    if (config.data.max_field_value_bytes > kFieldValueBytesMax) {
        return invalid("data.max-field-value-bytes: at most 4m; 0 is that");
    }
    if (config.sluice.cores > 1024) return invalid("sluice.cores: at most 1024");
    if (config.retention.check_interval.ns < kSecondNs) {
        return invalid("retention.check-interval: at least 1s");
    }
    if (config.continuous_queries.run_interval.ns <= 0) {
        return invalid("continuous_queries.run-interval: must be positive");
    }
    if (config.subscriber.http_timeout.ns <= 0) {
        return invalid("subscriber.http-timeout: must be greater than 0");
    }
    if (config.subscriber.write_concurrency == 0 || config.subscriber.write_buffer_size == 0) {
        return invalid(
            "subscriber.write-concurrency, subscriber.write-buffer-size: must be greater than 0");
    }
    const auto one_of = [](std::string_view value, std::initializer_list<std::string_view> known) {
        for (const std::string_view candidate : known) {
            if (value == candidate) return true;
        }
        return false;
    };
    if (!one_of(config.logging.level, {"debug", "info", "warn", "error"})) {
        return invalid("logging.level: debug, info, warn or error");
    }
    if (!one_of(config.logging.format, {"auto", "logfmt", "console", "json"})) {
        return invalid("logging.format: auto, logfmt, console or json");
    }
    return {};
}

std::string format_config(const Config& config) {
    std::string out;
    std::string_view open_section;
    visit_settings(config, [&](std::string_view section, std::string_view key, const auto& value) {
        if (section != open_section) {
            if (!open_section.empty()) out += '\n';
            out += '[' + std::string(section) + "]\n";
            open_section = section;
        }
        if (is_hidden(value)) {
            out += "  # " + std::string(key) + " is set, and not shown\n";
            return;
        }
        out += "  " + std::string(key) + " = " + format_setting(value) + '\n';
    });
    if (!config.http.headers.empty()) out += "\n[http.headers]\n";
    for (const auto& [name, value] : config.http.headers) {
        out += "  " + quoted(name) + " = " + quoted(value) + '\n';
    }
    for (const UdpSettings& udp : config.udp) {
        out += "\n[[udp]]\n";
        visit_udp(udp, [&](std::string_view key, const auto& value) {
            out += "  " + std::string(key) + " = " + format_setting(value) + '\n';
        });
    }
    for (const LimitSettings& limit : config.limits) {
        out += "\n[[limits]]\n";
        visit_limit(limit, [&](std::string_view key, const auto& value) {
            out += "  " + std::string(key) + " = " + format_setting(value) + '\n';
        });
    }
    return out;
}

}  // namespace sluice::server
