// The configuration as a file and the environment have it.
#pragma once

#include <string>

#include "server/config/config.h"
#include "sluice/base/result.h"

namespace sluice::server {

// Neither flags nor check_config() are part of it. kInvalid names file and line, or variable;
// kNotFound: there is no such file, and it `must_be_there`. The path /dev/null is no file.
Result<Config> read_config(const std::string& path, bool must_be_there, ConfigWarnings& warnings);

}  // namespace sluice::server
