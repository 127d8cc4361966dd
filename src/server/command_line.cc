#include "server/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "server/config/config_file.h"
#include "server/config/version.h"

namespace sluice::server {
namespace {

constexpr const char* kDefaultFile = "/etc/sluice/sluice.conf";

// "-config" as Go's flag package writes it; "-h" stays.
std::vector<std::string> with_two_dashes(int argc, char** argv) {
    std::vector<std::string> arguments;
    for (int i = argc - 1; i > 0; --i) {
        std::string argument = argv[i];
        if (argument.size() > 2 && argument[0] == '-' && argument[1] != '-')
            argument.insert(0, "-");
        arguments.push_back(std::move(argument));  // CLI11 takes them from the back
    }
    return arguments;
}

std::string find_config_file(bool& named) {
    for (const char* variable : {"SLUICE_CONFIG_PATH", "INFLUXDB_CONFIG_PATH"}) {
        const char* const path = std::getenv(variable);
        if (path == nullptr || *path == '\0') continue;
        named = true;
        return path;
    }
    return kDefaultFile;
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
    CommandLine parsed;
    CLI::App app(
        "Sluice: takes InfluxDB line protocol, makes it durable, answers InfluxQL.\n\n"
        "  sluiced --data-dir /var/lib/sluice --bind 127.0.0.1:8086\n"
        "  sluiced --config /etc/sluice/sluice.conf",
        "sluiced");
    app.set_version_flag("--version", std::string(kVersion));
    app.fallthrough();
    app.add_option("--config", parsed.config_file, "configuration file (TOML)")
        ->type_name("FILE")
        ->take_last();
    app.add_option("--data-dir", parsed.data_dir, "where points are kept")
        ->type_name("DIR")
        ->take_last();
    app.add_option("--bind", parsed.bind, "address of the HTTP API")
        ->type_name("ADDR:PORT")
        ->take_last();
    app.add_option("--cores", parsed.cores, "threads; 0: one per CPU")->type_name("N")->take_last();
    app.add_option("--pidfile", parsed.pid_file, "write the process id here")
        ->type_name("FILE")
        ->take_last();
    app.require_subcommand(0, 1);
    CLI::App* const check = app.add_subcommand("check", "check the configuration and end");
    CLI::App* const print = app.add_subcommand("config", "print the merged configuration");
    CLI::App* const run = app.add_subcommand("run", "serve; the default");
    (void)run;
    try {
        app.parse(with_two_dashes(argc, argv));
    } catch (const CLI::ParseError& error) {
        parsed.action = CommandLine::Action::kExit;
        parsed.exit_status = app.exit(error) == 0 ? 0 : 2;
        return parsed;
    }
    parsed.config_file_named = !parsed.config_file.empty();
    if (!parsed.config_file_named) parsed.config_file = find_config_file(parsed.config_file_named);
    if (check->parsed()) parsed.action = CommandLine::Action::kCheck;
    if (print->parsed()) parsed.action = CommandLine::Action::kPrintConfig;
    return parsed;
}

Result<Config> load_config(const CommandLine& command_line, ConfigWarnings& warnings) {
    SLUICE_TRY(Config config,
               read_config(command_line.config_file, command_line.config_file_named, warnings));
    if (command_line.data_dir) config.data.dir = *command_line.data_dir;
    if (command_line.bind) config.http.bind_address.values = {*command_line.bind};
    if (command_line.cores) config.sluice.cores = *command_line.cores;
    SLUICE_TRY_VOID(check_config(config));
    return config;
}

}  // namespace sluice::server
