#include "sluice/influxql/sanitize.h"

#include <re2/re2.h>

namespace sluice::influxql {

std::string sanitize(std::string text) {
    // The quotes belong to what is replaced.
    static const RE2 set_password(R"re((?i)(password\s+for[^=]*=\s+)["']?[^\s"]+["']?)re");
    static const RE2 create_user(R"re((?i)(with\s+password\s+)["']?[^\s"]+["']?)re");
    RE2::GlobalReplace(&text, set_password, "\\1[REDACTED]");
    RE2::GlobalReplace(&text, create_user, "\\1[REDACTED]");
    return text;
}

}  // namespace sluice::influxql
