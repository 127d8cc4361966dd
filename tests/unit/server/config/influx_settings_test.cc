// Keys of InfluxDB's configuration that have no effect here: each is known, and says what follows.
#include "server/config/influx_settings.h"

#include <gtest/gtest.h>

#include "case_file.h"

namespace sluice::server {
namespace {

// "quiet with <value>" if that value needs no word; then what follows, if anything does.
std::string described(const std::string& name) {
    const InfluxSetting* const found = find_influx_setting(name);
    if (found == nullptr) return "unknown";
    std::string text;
    if (found->quiet) text = "quiet with '" + std::string(*found->quiet) + "'";
    if (!found->consequence.empty()) {
        text += text.empty() ? "" : "\n";
        text += found->consequence;
    }
    return text.empty() ? "nothing follows" : text;
}

TEST(InfluxSettings, SayWhatFollows) {
    sluice::test::run_cases("unit/server/config/influx_settings.txt", described);
}

}  // namespace
}  // namespace sluice::server
