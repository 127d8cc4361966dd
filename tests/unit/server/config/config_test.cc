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
    EXPECT_EQ(config.http.bind_address, "127.0.0.1:9999");
    EXPECT_EQ(config.http.max_body_size, 25 * kMiB);
    ASSERT_EQ(config.http.headers.size(), 1u);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(warnings[0], "f:19: graphite input is not offered");
}

TEST(Config, WarnsOfUnknownKeysAndStarts) {
    ConfigWarnings warnings;
    from_toml("colour = 1\n[http]\nbind-adress = \":1\"\nflux-enabled = true\n[other]\nx = 1\n",
              &warnings);
    EXPECT_EQ(
        warnings,
        (ConfigWarnings{"f:1: unknown setting colour", "f:3: unknown setting http.bind-adress",
                        "f:4: http.flux-enabled is not offered", "f:6: unknown setting other.x"}));
}

TEST(Config, WarnsOfSwitchesThatDoNothingOnlyWhereTheyAreOn) {
    for (const std::string_view section : {"http", "continuous_queries"}) {
        const std::string key = section == "http" ? "https-enabled" : "query-stats-enabled";
        for (const bool on : {false, true}) {
            ConfigWarnings warnings;
            from_toml("[" + std::string(section) + "]\n" + key + (on ? " = true\n" : " = false\n"),
                      &warnings);
            EXPECT_EQ(warnings.size(), on ? 1u : 0u) << key;
        }
    }
}

TEST(Config, NamesFileAndLineOfErrors) {
    EXPECT_EQ(error_of("[http]\n\nmax-body-size = true\n"),
              "f:3: http.max-body-size has a value of the wrong kind");
    EXPECT_EQ(error_of("[retention]\ncheck-interval = \"10\"\n"),
              "f:2: retention.check-interval has a value of the wrong kind");
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
    EXPECT_EQ(config.http.bind_address, ":1");
    EXPECT_EQ(config.data.dir, Config().data.dir);
    EXPECT_EQ(config.http.max_body_size, 1024u);
    EXPECT_FALSE(config.retention.enabled);
    const char* const bad[] = {"SLUICE_SLUICE_CORES=two", nullptr};
    EXPECT_EQ(apply_environment(config, bad, "SLUICE").error().message,
              "SLUICE_SLUICE_CORES: cannot understand \"two\"");
}

TEST(Config, PrintsWhatItReads) {
    Config config;
    config.http.bind_address = "[::1]:1";
    config.http.realm = "a \"b\"";
    config.http.headers = {{"X-A", "1"}};
    config.sluice.drain_timeout.ns = 1500 * kMillisecondNs;
    const std::string text = format_config(config);
    EXPECT_EQ(format_config(from_toml(text)), text);
    EXPECT_NE(text, format_config(Config()));
}

TEST(Config, ChecksTheWhole) {
    EXPECT_TRUE(check_config(Config()).ok());
    Config config;
    config.http.bind_address = "8086";
    EXPECT_FALSE(check_config(config).ok());
    config = Config();
    config.http.auth_enabled = true;
    EXPECT_FALSE(check_config(config).ok());
    config = Config();
    config.logging.level = "loud";
    EXPECT_FALSE(check_config(config).ok());
}

}  // namespace
}  // namespace sluice::server
