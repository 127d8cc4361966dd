#include "server/config/config.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

Config from_toml(std::string_view text, ConfigWarnings* warnings = nullptr) {
    Config config;
    ConfigWarnings ignored;
    const auto applied = apply_toml(config, text, "f", warnings ? *warnings : ignored);
    EXPECT_TRUE(applied.ok()) << applied.error().message;
    return config;
}

std::string complaint_of(std::string_view text) {
    const auto checked = check_config(from_toml(text));
    return checked.ok() ? "" : checked.error().message;
}

std::string error_of(std::string_view text) {
    Config config;
    ConfigWarnings warnings;
    const auto applied = apply_toml(config, text, "f", warnings);
    return applied.ok() ? "" : applied.error().message;
}

TEST(Config, ReadsAnInfluxdbFileAsItIs) {
    ConfigWarnings warnings;
    const Config config = from_toml(R"(
reporting-disabled = true
bind-address = "127.0.0.1:8088"
[meta]
  dir = "/var/lib/influxdb/meta"
[data]
  dir = "/srv/points"
  wal-dir = "/var/lib/influxdb/wal"
  cache-max-memory-size = "1g"
[retention]
  check-interval = "10m0s"
[http]
  bind-address = "127.0.0.1:9999"
  max-body-size = "25m"
[http.headers]
  X-Site = "a"
[[udp]]
  enabled = false
[[graphite]]
  enabled = true
)",
                                    &warnings);
    EXPECT_EQ(config.data.dir, "/srv/points");
    EXPECT_EQ(config.retention.check_interval.ns, 10 * kMinuteNs);
    EXPECT_EQ(config.http.bind_address.values, std::vector<std::string>{"127.0.0.1:9999"});
    EXPECT_EQ(config.http.max_body_size, 25 * kMiB);
    ASSERT_EQ(config.http.headers.size(), 1u);
    std::erase_if(warnings, [](const std::string& each) {
        return each.starts_with("f: defaults that are others here: ");
    });
    EXPECT_EQ(
        warnings,
        (ConfigWarnings{
            "f:3: bind-address has no effect: there is no port for backups; [http] bind-address is "
            "that of the API",
            "f:9: data.cache-max-memory-size has no effect: [sluice] memory-limit bounds the "
            "memory",
            "f:8: data.wal-dir has no effect: the logs lie in [data] dir",
            "f:19: graphite input is not offered",
            "f:5: meta.dir has no effect: the catalog lies in [data] dir",
            "f: nothing follows from settings that tune what is not here: reporting-disabled"}));
}

TEST(Config, WarnsOfUnknownKeysAndStarts) {
    ConfigWarnings warnings;
    from_toml("colour = 1\n[http]\nbind-adress = \":1\"\nflux-enabled = true\n[other]\nx = 1\n",
              &warnings);
    EXPECT_EQ(
        warnings,
        (ConfigWarnings{
            "f:1: unknown setting colour", "f:3: unknown setting http.bind-adress",
            "f:4: http.flux-enabled has no effect: there is no Flux: /api/v2/query answers 501",
            "f:6: unknown setting other.x"}));
}

TEST(Config, WarnsOfSwitchesThatDoNothingOnlyWhereTheyAreOn) {
    for (const std::string_view section : {"http", "continuous_queries"}) {
        const std::string key = section == "http" ? "flux-enabled" : "query-stats-enabled";
        for (const bool on : {false, true}) {
            ConfigWarnings warnings;
            from_toml("[" + std::string(section) + "]\n" + key + (on ? " = true\n" : " = false\n"),
                      &warnings);
            EXPECT_EQ(warnings.size(), on ? 1u : 0u) << key;
        }
    }
}

TEST(Config, SaysWhatFollowsFromASettingWithoutEffect) {
    const auto warned = [](std::string_view text) {
        ConfigWarnings warnings;
        from_toml(text, &warnings);
        return warnings.empty() ? std::string() : warnings[0];
    };
    EXPECT_EQ(warned("[data]\nmax-values-per-tag = 0\n"), "");
    EXPECT_NE(warned("[http]\nprom-read-auth-enabled = false\n").find("/api/v1/prom"),
              std::string::npos);
    EXPECT_EQ(warned("[http]\nprom-read-auth-enabled = true\n"), "");
}

TEST(Config, SaysWhyALakeCannotBe) {
    const auto complaint = [](const std::string& lines) {
        return complaint_of("[lake]\nenabled = true\nroot = \"file:///srv/lake\"\n" + lines);
    };
    EXPECT_EQ(complaint(""), "");
    EXPECT_EQ(complaint("node = \"a-1.example_x\"\nretention = \"follow\"\nbandwidth = 0\n"), "");
    EXPECT_NE(complaint("catalog = \"http://c\"\n").find("catalogs are not supported"),
              std::string::npos);
    EXPECT_NE(complaint("node = \"a/b\"\n").find("lake.node"), std::string::npos);
    EXPECT_NE(complaint("node = \".a\"\n").find("lake.node"), std::string::npos);
    EXPECT_NE(complaint("publish-after = \"10ms\"\n").find("at least 1s"), std::string::npos);
    EXPECT_NE(complaint("retention = \"drop\"\n").find("keep or follow"), std::string::npos);
    const auto root = [](const std::string& text) {
        return complaint_of("[lake]\nenabled = true\nroot = \"" + text + "\"\n");
    };
    EXPECT_EQ(root("s3://bucket/lake"), "");
    EXPECT_TRUE(root("s3://").starts_with("lake.root: "));
    for (const char* text : {"", "/srv/lake", "file://", "file:///", "file://srv", "http://x"}) {
        EXPECT_TRUE(root(text).starts_with("lake.root: ")) << text;
    }
    EXPECT_NE(root("file:///var/lib/sluice/lake").find("must not lie in data.dir"),
              std::string::npos);
    // What is off is not looked at.
    EXPECT_EQ(complaint_of("[lake]\nroot = \"s3://bucket\"\n"), "");
}

TEST(Config, FindsThePlaceOfALake) {
    LakeSettings lake;
    lake.root = "file:///srv/lake//";
    EXPECT_EQ(lake.place(), "/srv/lake");
    lake.root = "s3://bucket/a/b/";
    EXPECT_EQ(lake.place(), "s3://bucket/a/b");
    EXPECT_EQ(lake.bucket().prefix, "a/b");
}

TEST(Config, TakesInfluxdbsBoundsOfADatabase) {
    ConfigWarnings warnings;
    const Config config = from_toml(
        "[data]\nmax-values-per-tag = 100000\nmax-series-per-database = 1000000\n", &warnings);
    EXPECT_EQ(config.data.max_values_per_tag, 100'000u);
    EXPECT_EQ(config.data.max_series_per_database, 1'000'000u);
    EXPECT_TRUE(warnings.empty());
    EXPECT_EQ(Config().data.max_values_per_tag, 0u);
}

TEST(Config, ALimitIsAboutAUserOrATokenAndLimitsSomething) {
    const auto fault_of = [](std::string_view limit) {
        const Config config = from_toml("[[limits]]\n" + std::string(limit));
        const Result<void> checked = check_config(config);
        return checked.ok() ? std::string() : checked.error().message;
    };
    const std::string token = "token = \"0123456789abcdef\"\n";
    EXPECT_EQ(fault_of(token + "max-series = 1\n"), "");
    EXPECT_EQ(fault_of("user = \"u\"\nmax-fields = 1\n"), "");
    EXPECT_EQ(fault_of(token),
              "limits: points-per-second, bytes-per-second, max-series or max-fields is needed in "
              "each");
    EXPECT_EQ(fault_of("token = \"my token\"\nmax-series = 1\n"),
              "limits: token: \"my token\" is not the id of a token, 16 hex digits in lower case");
    EXPECT_EQ(fault_of("user = \"u\"\n" + token + "max-series = 1\n"),
              "limits: a table is about a user or about a token");
}

TEST(Config, AShareIsAPercentage) {
    Config config;
    config.http.max_client_share = 100;
    EXPECT_TRUE(check_config(config).ok());
    config.http.max_client_share = 101;
    EXPECT_EQ(check_config(config).error().message,
              "http.max-client-share: a percentage, at most 100");
}

TEST(Config, NamesDefaultsThatAFileOfInfluxdbReliesOn) {
    ConfigWarnings warnings;
    from_toml("[monitor]\n[data]\nmax-values-per-tag = 0\n", &warnings);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_TRUE(warnings[0].starts_with("f: defaults that are others here: ")) << warnings[0];
    EXPECT_NE(warnings[0].find("data.max-series-per-database is 1000000 in InfluxDB, here the "
                               "series of a database are not limited"),
              std::string::npos);
    EXPECT_EQ(warnings[0].find("max-values-per-tag"), std::string::npos);
    warnings.clear();
    from_toml("[data]\nmax-values-per-tag = 0\n", &warnings);
    EXPECT_TRUE(warnings.empty());
}

TEST(Config, NamesFileAndLineOfErrors) {
    EXPECT_EQ(error_of("[http]\n\nmax-body-size = true\n"),
              "f:3: http.max-body-size has a value of the wrong kind; a right one is 25000000");
    EXPECT_EQ(
        error_of("[retention]\ncheck-interval = \"10\"\n"),
        "f:2: retention.check-interval has a value of the wrong kind; a right one is \"30m0s\"");
    EXPECT_TRUE(error_of("[http\n").starts_with("f:1: ")) << error_of("[http\n");
}

TEST(Config, TakesTheEnvironmentBySectionAndKey) {
    Config config;
    const char* const environment[] = {"INFLUXDB_HTTP_BIND_ADDRESS=:1",
                                       "INFLUXDB_DATA_DIR=",
                                       "INFLUXDB_HTTP_MAX_BODY_SIZE=1k",
                                       "INFLUXDB_RETENTION_ENABLED=false",
                                       "OTHER=1",
                                       nullptr};
    ASSERT_TRUE(apply_environment(config, environment, "INFLUXDB").ok());
    EXPECT_EQ(config.http.bind_address.values, std::vector<std::string>{":1"});
    EXPECT_EQ(config.data.dir, Config().data.dir);
    EXPECT_EQ(config.http.max_body_size, 1024u);
    EXPECT_FALSE(config.retention.enabled);
    const char* const bad[] = {"SLUICE_SLUICE_CORES=two", nullptr};
    EXPECT_EQ(apply_environment(config, bad, "SLUICE").error().message,
              "SLUICE_SLUICE_CORES: cannot understand \"two\"; a right value is 0");
}

TEST(Config, PrintsWhatItReads) {
    Config config;
    config.http.bind_address.values = {"[::1]:1", "127.0.0.1:1"};
    config.tls.ciphers.values = {"TLS_AES_128_GCM_SHA256"};
    config.http.realm = "a \"b\"";
    config.http.headers = {{"X-A", "1"}};
    config.sluice.drain_timeout.ns = 1500 * kMillisecondNs;
    const std::string text = format_config(config);
    EXPECT_EQ(format_config(from_toml(text)), text);
    EXPECT_NE(text, format_config(Config()));
}

TEST(Config, TakesALonelyTextForAListOfOne) {
    using List = std::vector<std::string>;
    EXPECT_EQ(from_toml("[http]\nbind-address = [\":1\", \":2\"]\n").http.bind_address.values,
              (List{":1", ":2"}));
    EXPECT_EQ(from_toml("[tls]\nciphers = \"A\"\n").tls.ciphers.values, List{"A"});
    EXPECT_EQ(from_toml("[tls]\nciphers = []\n").tls.ciphers.values, List{});
    EXPECT_EQ(error_of("[tls]\nciphers = [1]\n"),
              "f:2: tls.ciphers has a value of the wrong kind; a right one is []");
    Config config;
    const char* const environment[] = {"SLUICE_HTTP_BIND_ADDRESS=:1,:2", nullptr};
    ASSERT_TRUE(apply_environment(config, environment, "SLUICE").ok());
    EXPECT_EQ(config.http.bind_address.values, (List{":1", ":2"}));
}

TEST(Config, ReadsSeveralUdpInputs) {
    Config config = from_toml(R"(
[[udp]]
  enabled = true
  bind-address = "127.0.0.1:8089"
  database = "metrics"
  retention-policy = "week"
  precision = "s"
  batch-size = 100
  batch-timeout = "250ms"
  batch-pending = 3
  read-buffer = 262144
[[udp]]
  database = ""
  batch-size = 0
  batch-timeout = "0s"
)");
    ASSERT_EQ(config.udp.size(), 2u);
    EXPECT_EQ(config.udp[0].bind_address, "127.0.0.1:8089");
    EXPECT_EQ(config.udp[0].retention_policy, "week");
    EXPECT_EQ(config.udp[0].batch_timeout.ns, 250 * kMillisecondNs);
    EXPECT_EQ(config.udp[0].read_buffer, 262144u);
    EXPECT_FALSE(config.udp[1].enabled);
    EXPECT_EQ(config.udp[1].database, "udp");
    EXPECT_EQ(config.udp[1].batch_size, 5000u);
    EXPECT_EQ(config.udp[1].batch_timeout.ns, kSecondNs);
    EXPECT_EQ(format_config(from_toml(format_config(config))), format_config(config));

    const char* const environment[] = {"INFLUXDB_UDP_PRECISION=ms", "INFLUXDB_UDP_1_ENABLED=true",
                                       nullptr};
    ASSERT_TRUE(apply_environment(config, environment, "INFLUXDB").ok());
    EXPECT_EQ(config.udp[0].precision, "ms");
    EXPECT_TRUE(config.udp[1].enabled);

    EXPECT_EQ(error_of("[[udp]]\nbatch-size = true\n"),
              "f:2: udp.batch-size has a value of the wrong kind; a right one is 5000");
    config.udp[1].precision = "fortnight";
    EXPECT_EQ(check_config(config).error().message, "udp.precision: n, u, ms, s, m or h");
    config.udp[1].precision = "";
    config.udp[0].bind_address = "8089";
    EXPECT_FALSE(check_config(config).ok());
}

TEST(Config, ReadsStatusFilters) {
    Config config = from_toml("[http]\naccess-log-status-filters = [\"4xx\", \"500\"]\n");
    EXPECT_EQ(config.http.access_log_status_filters.values,
              (std::vector<std::string>{"4xx", "500"}));
    EXPECT_EQ(format_setting(config.http.access_log_status_filters), "[\"4xx\", \"500\"]");
    EXPECT_TRUE(check_config(config).ok());
    for (const char* const bad : {"", "4", "4x", "x44", "4x4", "600", "4xxx", "abc"}) {
        config.http.access_log_status_filters.values = {bad};
        EXPECT_FALSE(check_config(config).ok()) << bad;
    }
    const char* const environment[] = {"SLUICE_HTTP_ACCESS_LOG_STATUS_FILTERS=5xx,404", nullptr};
    ASSERT_TRUE(apply_environment(config, environment, "SLUICE").ok());
    EXPECT_EQ(config.http.access_log_status_filters.values,
              (std::vector<std::string>{"5xx", "404"}));
    EXPECT_FALSE(error_of("[http]\naccess-log-status-filters = [404]\n").empty());
}

TEST(Config, ReadsLimits) {
    Config config = from_toml(R"(
[[limits]]
  database = "d"
  points-per-second = 1000
[[limits]]
  user = "bob"
  bytes-per-second = "1m"
  bytes-burst = "10m"
)");
    ASSERT_EQ(config.limits.size(), 2u);
    EXPECT_EQ(config.limits[0].points_per_second, 1000u);
    EXPECT_EQ(config.limits[1].bytes_burst, 10 * kMiB);
    EXPECT_TRUE(check_config(config).ok());
    EXPECT_EQ(format_config(from_toml(format_config(config))), format_config(config));
    config.limits[0].points_per_second = 0;
    EXPECT_FALSE(check_config(config).ok());
}

TEST(Config, ShowsNoSecret) {
    const Config config = from_toml("[http]\nshared-secret = \"sesame\"\n");
    EXPECT_EQ(config.http.shared_secret.text, "sesame");
    EXPECT_EQ(format_setting(config.http.shared_secret), "\"[REDACTED]\"");
    const std::string text = format_config(config);
    EXPECT_EQ(text.find("sesame"), text.npos) << text;
    EXPECT_NE(text.find("  # shared-secret is set, and not shown\n"), text.npos) << text;
    EXPECT_EQ(from_toml(text).http.shared_secret.text, "");
    EXPECT_NE(format_config(Config()).find("  shared-secret = \"\"\n"), text.npos);
    EXPECT_EQ(error_of("[http]\nshared-secret = 4711\n").find("4711"), text.npos);
}

TEST(Config, ChecksTheWhole) {
    EXPECT_TRUE(check_config(Config()).ok());
    Config config;
    config.http.bind_address.values = {"8086"};
    EXPECT_FALSE(check_config(config).ok());
    config = Config();
    config.http.auth_enabled = true;
    EXPECT_TRUE(check_config(config).ok());
    config.http.realm = "a\r\nSet-Cookie: b";
    EXPECT_FALSE(check_config(config).ok());
    config = Config();
    config.data.max_field_value_bytes.bytes = 5 * kMiB;
    EXPECT_FALSE(check_config(config).ok());
    config = Config();
    config.tls.min_version = "tls1.0";
    EXPECT_TRUE(check_config(config).ok());  // without TLS it does not matter
    config.http.https_enabled = true;
    EXPECT_FALSE(check_config(config).ok());
    config = Config();
    config.http.unix_socket_enabled = true;
    EXPECT_TRUE(check_config(config).ok());
    config.http.unix_socket_permissions = "0888";
    EXPECT_FALSE(check_config(config).ok());
    config = Config();
    config.logging.level = "loud";
    EXPECT_FALSE(check_config(config).ok());
}

}  // namespace
}  // namespace sluice::server
