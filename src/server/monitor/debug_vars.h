// GET /debug/vars in InfluxDB's exact shape: Telegraf's inputs.influxdb drops an entry silently
// when a type is not the one it knows.
#pragma once

#include <string>

#include "server/forward/subscriber.h"
#include "server/services/core_services.h"
#include "sluice/engine/engine.h"

namespace sluice::server {

// `subscriptions`: of all cores.
std::string debug_variables(const CoreServices& here, const engine::EngineReport& report,
                            const SubscriberReport& subscriptions);

}  // namespace sluice::server
