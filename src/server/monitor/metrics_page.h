// GET /metrics: Prometheus' text format, version 0.0.4.
#pragma once

#include <string>

#include "server/services/core_services.h"
#include "sluice/engine/engine.h"

namespace sluice::server {

std::string metrics_page(const CoreServices& here, const engine::EngineReport& report);

}  // namespace sluice::server
