#include "server/config/config_file.h"

#include <unistd.h>

#include <fstream>
#include <iterator>

namespace sluice::server {

Result<Config> read_config(const std::string& path, bool must_be_there, ConfigWarnings& warnings) {
    Config config;
    if (path != "/dev/null") {
        std::ifstream file(path, std::ios::binary);
        if (file) {
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            SLUICE_TRY_VOID(apply_toml(config, text, path, warnings));
        } else if (must_be_there) {
            return Error{ErrorKind::kNotFound, "cannot read " + path};
        }
    }
    SLUICE_TRY_VOID(apply_environment(config, environ, "INFLUXDB"));
    SLUICE_TRY_VOID(apply_environment(config, environ, "SLUICE"));
    return config;
}

}  // namespace sluice::server
