// This file reads the configuration file. It stands alone because toml++ is large.
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "server/config/config.h"
#include "server/config/config_text.h"
#include "server/config/influx_settings.h"

namespace sluice::server {
namespace {

constexpr std::string_view kMissingInputs[] = {"graphite", "collectd", "opentsdb"};

template <typename T>
bool contains(const T& list, std::string_view name) {
    return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

// As InfluxSetting::quiet writes it.
std::string plain_text(const toml::node& node) {
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
    if (const auto text = node.value_exact<std::string>()) return *text;
    const toml::array* const list = node.as_array();
    return list != nullptr && list->empty() ? "[]" : "?";
}

bool assign(std::string& value, const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    if (text) value = *text;
    return text.has_value();
}
bool assign(SettingSecret& value, const toml::node& node) {
    return assign(value.text, node);
}
bool assign(SettingList& value, const toml::node& node) {
    value.values.clear();
    const toml::array* const list = node.as_array();
    if (list == nullptr) return assign(value.values.emplace_back(), node);
    for (const toml::node& each : *list) {
        if (!assign(value.values.emplace_back(), each)) return false;
    }
    return true;
}
bool assign(bool& value, const toml::node& node) {
    const auto flag = node.value_exact<bool>();
    if (flag) value = *flag;
    return flag.has_value();
}
bool assign(std::uint64_t& value, const toml::node& node) {
    const auto number = node.value_exact<std::int64_t>();
    if (!number || *number < 0) return false;
    value = static_cast<std::uint64_t>(*number);
    return true;
}
bool assign(SettingSize& value, const toml::node& node) {
    if (assign(value.bytes, node)) return true;
    const auto text = node.value_exact<std::string>();
    const auto parsed = text ? parse_size(*text) : std::nullopt;
    if (parsed) value.bytes = *parsed;
    return parsed.has_value();
}
bool assign(SettingDuration& value, const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    const auto parsed = text ? parse_duration(*text) : std::nullopt;
    if (parsed) value.ns = *parsed;
    return parsed.has_value();
}

class TomlReader {
public:
    TomlReader(Config& config, std::string_view name, ConfigWarnings& warnings)
        : config_(config), name_(name), warnings_(warnings) {}

    Result<void> read(const toml::table& root) {
        is_influxdb_file_ = is_of_influxdb(root);
        for (const auto& [key, node] : root) {
            const std::string_view name = key.str();
            if (name == "udp") {
                const auto visit = [](auto& input, auto&& each) { visit_udp(input, each); };
                SLUICE_TRY_VOID(read_list(name, node, config_.udp, visit));
                complete_inputs();
            } else if (name == "limits") {
                const auto visit = [](auto& limit, auto&& each) { visit_limit(limit, each); };
                SLUICE_TRY_VOID(read_list(name, node, config_.limits, visit));
            } else if (const toml::table* section = node.as_table()) {
                SLUICE_TRY_VOID(read_section(name, *section));
            } else if (contains(kMissingInputs, name)) {
                warn_about_input(name, node);
            } else {
                note_other(std::string(name), node);
            }
        }
        if (is_influxdb_file_) note_defaults();
        if (!idle_.empty()) {
            warnings_.push_back(
                name_ + ": nothing follows from settings that tune what is not here: " + idle_);
        }
        return {};
    }

private:
    Result<void> read_section(std::string_view section, const toml::table& table) {
        for (const auto& entry : table) {
            // Named one by one: clang 14 captures no structured binding.
            const std::string_view key = entry.first.str();
            const toml::node& node = entry.second;
            const std::string full = std::string(section) + '.' + std::string(key);
            if (full == "http.headers" && node.is_table()) {
                SLUICE_TRY_VOID(read_headers(*node.as_table()));
                continue;
            }
            bool known = false;
            bool good = true;
            visit_settings(config_, [&](std::string_view s, std::string_view k, auto& value) {
                if (s != section || k != key) return;
                known = true;
                good = assign(value, node);
            });
            if (!good) return wrong_kind(section, key, node);
            said_.push_back(full);
            if (!known) note_other(full, node);
        }
        return {};
    }

    // [[udp]] is a list of tables, and [udp] one of one.
    template <typename T, typename Visit>
    Result<void> read_list(std::string_view name, const toml::node& node, std::vector<T>& list,
                           Visit visit) {
        list.clear();
        if (const toml::table* only = node.as_table()) {
            return read_entry(name, *only, list.emplace_back(), visit);
        }
        const toml::array* const tables = node.as_array();
        if (tables == nullptr) {
            note_other(std::string(name), node);
            return {};
        }
        for (const toml::node& each : *tables) {
            const toml::table* const table = each.as_table();
            if (table == nullptr) continue;
            SLUICE_TRY_VOID(read_entry(name, *table, list.emplace_back(), visit));
        }
        return {};
    }

    template <typename T, typename Visit>
    Result<void> read_entry(std::string_view name, const toml::table& table, T& entry,
                            Visit visit) {
        for (const auto& pair : table) {
            const std::string_view key = pair.first.str();
            const toml::node& node = pair.second;
            bool known = false;
            bool good = true;
            visit(entry, [&](std::string_view k, auto& value) {
                if (k != key) return;
                known = true;
                good = assign(value, node);
            });
            if (!good) return wrong_kind(name, key, node);
            if (!known) note_other(std::string(name) + '.' + std::string(key), node);
        }
        return {};
    }

    // As in InfluxDB, what is empty is as if it were not there.
    void complete_inputs() {
        const UdpSettings defaults;
        for (UdpSettings& input : config_.udp) {
            if (input.database.empty()) input.database = defaults.database;
            if (input.batch_size == 0) input.batch_size = defaults.batch_size;
            if (input.batch_pending == 0) input.batch_pending = defaults.batch_pending;
            if (input.batch_timeout.ns == 0) input.batch_timeout = defaults.batch_timeout;
        }
    }

    Error wrong_kind(std::string_view section, std::string_view key, const toml::node& node) const {
        return Error{ErrorKind::kInvalid, place(node) + std::string(section) + '.' +
                                              std::string(key) +
                                              " has a value of the wrong kind; a right one is " +
                                              default_setting(section, key)};
    }

    Result<void> read_headers(const toml::table& table) {
        config_.http.headers.clear();
        for (const auto& [key, node] : table) {
            std::string value;
            if (!assign(value, node)) {
                return Error{ErrorKind::kInvalid, place(node) + "http.headers: values are strings"};
            }
            config_.http.headers.emplace_back(std::string(key.str()), value);
        }
        if (config_.http.headers.size() > 8) {
            return Error{ErrorKind::kInvalid, place(table) + "http.headers: at most 8"};
        }
        return {};
    }

    // Only InfluxDB's file has these.
    static bool is_of_influxdb(const toml::table& root) {
        for (const std::string_view name :
             {"monitor", "shard-precreation", "ifql", "reporting-disabled", "reporting-enabled"}) {
            if (root.contains(name)) return true;
        }
        const toml::table* const data = root["data"].as_table();
        return data != nullptr && data->contains("wal-dir");
    }

    // What a file leaves out may be what somebody relies on.
    void note_defaults() {
        std::string text;
        for (const InfluxDefault& each : other_defaults()) {
            if (contains(said_, each.name)) continue;
            text += (text.empty() ? "" : "; ") + std::string(each.name) + " is " +
                    std::string(each.value) + " in InfluxDB, here " + std::string(each.here);
        }
        if (!text.empty()) warnings_.push_back(name_ + ": defaults that are others here: " + text);
    }

    void note_other(const std::string& full, const toml::node& node) {
        const InfluxSetting* const setting = find_influx_setting(full);
        if (setting == nullptr) {
            warnings_.push_back(place(node) + "unknown setting " + full);
        } else if (setting->consequence.empty()) {
            idle_ += (idle_.empty() ? "" : ", ") + full;
        } else if (!setting->quiet || plain_text(node) != *setting->quiet) {
            warnings_.push_back(place(node) + full +
                                " has no effect: " + std::string(setting->consequence));
        }
    }

    void warn_about_input(std::string_view name, const toml::node& node) {
        const toml::array* list = node.as_array();
        if (list == nullptr) return;
        for (const toml::node& entry : *list) {
            const toml::table* table = entry.as_table();
            if (table != nullptr && (*table)["enabled"].value_or(false)) {
                warnings_.push_back(place(entry) + std::string(name) + " input is not offered");
            }
        }
    }

    std::string place(const toml::node& node) const {
        return name_ + ":" + std::to_string(node.source().begin.line) + ": ";
    }

    Config& config_;
    std::string name_;
    ConfigWarnings& warnings_;
    std::string idle_;  // names of what has no effect and no consequence
    bool is_influxdb_file_ = false;
    std::vector<std::string> said_;  // every "section.key" of the file
};

}  // namespace

Result<void> apply_toml(Config& config, std::string_view text, std::string_view name,
                        ConfigWarnings& warnings) {
    toml::table root;
    try {
        root = toml::parse(text, name);
    } catch (const toml::parse_error& error) {
        return Error{ErrorKind::kInvalid, std::string(name) + ":" +
                                              std::to_string(error.source().begin.line) + ": " +
                                              std::string(error.description())};
    }
    return TomlReader(config, name, warnings).read(root);
}

}  // namespace sluice::server
