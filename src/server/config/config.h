// A Config is what an operator can set: InfluxDB's sections and keys, and a section of our own.
//
// Layers, later ones win: defaults, the file, INFLUXDB_SECTION_KEY, SLUICE_SECTION_KEY, flags. One
// list, visit_settings(), serves the file, the environment and the printed form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/lake_settings.h"
#include "server/config/limit_settings.h"
#include "server/config/setting_types.h"
#include "server/config/udp_settings.h"
#include "sluice/base/result.h"
#include "sluice/base/units.h"

namespace sluice::server {

// A longer string cannot be stored (storage::kStringBytesMax).
inline constexpr std::uint64_t kFieldValueBytesMax = 4 * kMiB;

struct Config {
    struct Data {
        std::string dir = "/var/lib/sluice";
        // Rows in memory go to a segment at this age, or earlier if the memory fills up.
        SettingDuration cache_snapshot_write_cold_duration{10 * kMinuteNs};
        // A shard group without writes for this long is merged into one run.
        SettingDuration compact_full_write_cold_duration{30 * kMinuteNs};
        // Of a string; 0 is the most that can be stored.
        SettingSize max_field_value_bytes{kMiB};
        // In a shard group; 0 is without limit.
        std::uint64_t max_fields_per_measurement = 65'536;
        std::uint64_t max_series_per_database = 0;  // 0 is without limit
        std::uint64_t max_values_per_tag = 0;       // likewise
    } data;

    struct Meta {
        bool retention_autocreate = true;  // a new database gets its policy autogen
    } meta;

    struct Coordinator {
        // All: 0 is without limit.
        SettingDuration write_timeout{10 * kSecondNs};
        std::uint64_t max_concurrent_queries = 0;
        SettingDuration query_timeout{0};
        SettingDuration log_queries_after{0};
        std::uint64_t max_select_point = 0;
        std::uint64_t max_select_series = 0;
        std::uint64_t max_select_buckets = 0;
    } coordinator;

    struct Retention {
        bool enabled = true;
        SettingDuration check_interval{30 * kMinuteNs};
        SettingDuration clock_hold_off{7 * kDayNs};
    } retention;

    struct ContinuousQueries {
        bool enabled = true;
        bool log_enabled = true;
        SettingDuration run_interval{kSecondNs};  // how often they are looked at
    } continuous_queries;

    struct Subscriber {
        bool enabled = true;
        SettingDuration http_timeout{30 * kSecondNs};
        // The bounds of each subscription: writes under way at the same time, and writes waiting.
        std::uint64_t write_concurrency = 40;
        std::uint64_t write_buffer_size = 1000;
        std::string ca_certs;  // whom to trust for https; empty: whom the system trusts
        bool insecure_skip_verify = false;
    } subscriber;

    struct Http {
        SettingList bind_address{{":8086"}};
        bool auth_enabled = false;        // writes and queries need a user
        bool ping_auth_enabled = false;   // and so do /ping, /status and /metrics
        bool pprof_auth_enabled = false;  // and what lies below /debug needs an admin
        bool https_enabled = false;       // TLS, on all addresses
        std::string https_certificate = "/etc/ssl/influxdb.pem";  // with those it was signed by
        std::string https_private_key;           // empty: it lies in the file of the certificate
        std::string https_client_ca;             // clients show certificates of these authorities
        bool https_client_required = true;       // false: they may, too, come without
        bool https_client_name_is_user = false;  // instead of a password
        bool unix_socket_enabled = false;        // plain, beside the addresses
        std::string bind_socket = "/run/sluice/sluice.sock";
        std::string unix_socket_permissions = "0777";
        std::string unix_socket_group;           // empty: that of the process
        std::string realm = "InfluxDB";          // what a browser shows when it asks for a password
        std::string organization;                // the one of the 2.x API; empty: any name will do
        SettingSecret shared_secret;             // of JSON web tokens; empty: there are none
        bool log_enabled = false;                // a line for each request (access_log.h)
        bool suppress_write_log = false;         // but not for writes
        std::string access_log_path;             // a file for them; empty: standard error
        SettingList access_log_status_filters;   // "5xx", "404"; none: whatever the status
        SettingSize max_body_size{25'000'000};   // 0: bounded by memory only
        std::uint64_t max_row_limit = 0;         // of an answer in one piece; 0: without limit
        std::uint64_t max_connection_limit = 0;  // of the process; 0: by descriptors only
        // Percent of connections, memory of bodies and of queries that one address may hold; 0 or
        // 100: all (client_shares.h).
        std::uint64_t max_client_share = 80;
        // Of the process: writes at the same time, writes that wait, and for how long. 0: no limit.
        std::uint64_t max_concurrent_write_limit = 0;
        std::uint64_t max_enqueued_write_limit = 0;
        SettingDuration enqueued_write_timeout{30 * kSecondNs};
        std::vector<std::pair<std::string, std::string>> headers;  // added to every answer
    } http;

    struct Tls {
        std::string min_version = "tls1.2";
        std::string max_version = "tls1.3";
        SettingList ciphers;  // Go's names; empty: good ones
    } tls;

    // InfluxDB's default is one input that is off, too.
    std::vector<UdpSettings> udp{UdpSettings()};

    std::vector<LimitSettings> limits;

    LakeSettings lake;

    struct Logging {
        std::string format = "auto";
        std::string level = "info";
    } logging;

    struct Sluice {
        std::uint64_t cores = 0;  // 0: one per CPU the process may use
        bool pin_cores = true;
        SettingSize memory_limit{0};  // of buffers, memtables, caches and queries; 0: a default
        SettingSize free_space_min{256 * kMiB};
        SettingDuration drain_timeout{20 * kSecondNs};
    } sluice;
};

// Calls visitor(section, key, value) for each setting but the table http.headers and the lists of
// tables.
template <typename C, typename Visitor>
void visit_settings(C& config, Visitor&& visitor) {
    visitor("data", "dir", config.data.dir);
    visitor("data", "cache-snapshot-write-cold-duration",
            config.data.cache_snapshot_write_cold_duration);
    visitor("data", "compact-full-write-cold-duration",
            config.data.compact_full_write_cold_duration);
    visitor("data", "max-field-value-bytes", config.data.max_field_value_bytes);
    visitor("data", "max-fields-per-measurement", config.data.max_fields_per_measurement);
    visitor("data", "max-series-per-database", config.data.max_series_per_database);
    visitor("data", "max-values-per-tag", config.data.max_values_per_tag);
    visitor("meta", "retention-autocreate", config.meta.retention_autocreate);
    visitor("coordinator", "write-timeout", config.coordinator.write_timeout);
    visitor("coordinator", "max-concurrent-queries", config.coordinator.max_concurrent_queries);
    visitor("coordinator", "query-timeout", config.coordinator.query_timeout);
    visitor("coordinator", "log-queries-after", config.coordinator.log_queries_after);
    visitor("coordinator", "max-select-point", config.coordinator.max_select_point);
    visitor("coordinator", "max-select-series", config.coordinator.max_select_series);
    visitor("coordinator", "max-select-buckets", config.coordinator.max_select_buckets);
    visitor("retention", "enabled", config.retention.enabled);
    visitor("retention", "check-interval", config.retention.check_interval);
    visitor("retention", "clock-hold-off", config.retention.clock_hold_off);
    visitor("continuous_queries", "enabled", config.continuous_queries.enabled);
    visitor("continuous_queries", "log-enabled", config.continuous_queries.log_enabled);
    visitor("continuous_queries", "run-interval", config.continuous_queries.run_interval);
    visitor("subscriber", "enabled", config.subscriber.enabled);
    visitor("subscriber", "http-timeout", config.subscriber.http_timeout);
    visitor("subscriber", "write-concurrency", config.subscriber.write_concurrency);
    visitor("subscriber", "write-buffer-size", config.subscriber.write_buffer_size);
    visitor("subscriber", "ca-certs", config.subscriber.ca_certs);
    visitor("subscriber", "insecure-skip-verify", config.subscriber.insecure_skip_verify);
    visitor("http", "bind-address", config.http.bind_address);
    visitor("http", "auth-enabled", config.http.auth_enabled);
    visitor("http", "ping-auth-enabled", config.http.ping_auth_enabled);
    visitor("http", "pprof-auth-enabled", config.http.pprof_auth_enabled);
    visitor("http", "https-enabled", config.http.https_enabled);
    visitor("http", "https-certificate", config.http.https_certificate);
    visitor("http", "https-private-key", config.http.https_private_key);
    visitor("http", "https-client-ca", config.http.https_client_ca);
    visitor("http", "https-client-required", config.http.https_client_required);
    visitor("http", "https-client-name-is-user", config.http.https_client_name_is_user);
    visitor("http", "unix-socket-enabled", config.http.unix_socket_enabled);
    visitor("http", "bind-socket", config.http.bind_socket);
    visitor("http", "unix-socket-permissions", config.http.unix_socket_permissions);
    visitor("http", "unix-socket-group", config.http.unix_socket_group);
    visitor("http", "realm", config.http.realm);
    visitor("http", "organization", config.http.organization);
    visitor("http", "shared-secret", config.http.shared_secret);
    visitor("http", "log-enabled", config.http.log_enabled);
    visitor("http", "suppress-write-log", config.http.suppress_write_log);
    visitor("http", "access-log-path", config.http.access_log_path);
    visitor("http", "access-log-status-filters", config.http.access_log_status_filters);
    visitor("http", "max-body-size", config.http.max_body_size);
    visitor("http", "max-row-limit", config.http.max_row_limit);
    visitor("http", "max-connection-limit", config.http.max_connection_limit);
    visitor("http", "max-client-share", config.http.max_client_share);
    visitor("http", "max-concurrent-write-limit", config.http.max_concurrent_write_limit);
    visitor("http", "max-enqueued-write-limit", config.http.max_enqueued_write_limit);
    visitor("http", "enqueued-write-timeout", config.http.enqueued_write_timeout);
    visitor("tls", "min-version", config.tls.min_version);
    visitor("tls", "max-version", config.tls.max_version);
    visitor("tls", "ciphers", config.tls.ciphers);
    visitor("lake", "enabled", config.lake.enabled);
    visitor("lake", "root", config.lake.root);
    visitor("lake", "endpoint", config.lake.endpoint);
    visitor("lake", "region", config.lake.region);
    visitor("lake", "path-style", config.lake.path_style);
    visitor("lake", "credentials-file", config.lake.credentials_file);
    visitor("lake", "catalog", config.lake.catalog);
    visitor("lake", "node", config.lake.node);
    visitor("lake", "publish-after", config.lake.publish_after);
    visitor("lake", "databases", config.lake.databases);
    visitor("lake", "retention", config.lake.retention);
    visitor("lake", "bandwidth", config.lake.bandwidth);
    visitor("lake", "hold-retention", config.lake.hold_retention);
    visitor("logging", "format", config.logging.format);
    visitor("logging", "level", config.logging.level);
    visitor("sluice", "cores", config.sluice.cores);
    visitor("sluice", "pin-cores", config.sluice.pin_cores);
    visitor("sluice", "memory-limit", config.sluice.memory_limit);
    visitor("sluice", "free-space-min", config.sluice.free_space_min);
    visitor("sluice", "drain-timeout", config.sluice.drain_timeout);
}

// The findings that do not keep the server from starting.
using ConfigWarnings = std::vector<std::string>;

// `name` is the file's, for messages.
Result<void> apply_toml(Config& config, std::string_view text, std::string_view name,
                        ConfigWarnings& warnings);

// `environment` as in environ. `prefix` is INFLUXDB or SLUICE; empty values are ignored.
Result<void> apply_environment(Config& config, const char* const* environment,
                               std::string_view prefix);

// The whole against itself.
Result<void> check_config(const Config& config);

// How a file writes them.
std::string format_setting(const std::string& value);
std::string format_setting(bool value);
std::string format_setting(std::uint64_t value);
std::string format_setting(SettingSize value);
std::string format_setting(SettingDuration value);
std::string format_setting(const SettingSecret& value);
std::string format_setting(const SettingList& value);

// The default of a setting, so written: what a right value looks like.
std::string default_setting(std::string_view section, std::string_view key);

// A file that apply_toml() reads back to the same settings, but for a secret: that one is set is
// said in a comment.
std::string format_config(const Config& config);

}  // namespace sluice::server
