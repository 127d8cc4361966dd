// Flags of sluiced, and where its configuration comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/config/config.h"

namespace sluice::server {

struct CommandLine {
    enum class Action : std::uint8_t { kServe, kCheck, kPrintConfig, kExit };
    Action action = Action::kServe;
    int exit_status = 0;  // with kExit: help or version was printed, or the flags are wrong
    std::string config_file;
    bool config_file_named = false;  // a missing file is an error then
    std::optional<std::string> data_dir;
    std::optional<std::string> bind;
    std::optional<std::uint64_t> cores;
    std::string pid_file;
};

// Takes Go's one-dash flags (-config) as well as two dashes.
CommandLine parse_command_line(int argc, char** argv);

// All layers. kInvalid names file and line, or variable, or flag.
Result<Config> load_config(const CommandLine& command_line, ConfigWarnings& warnings);

}  // namespace sluice::server
