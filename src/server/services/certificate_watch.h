// Reads certificate and key again when their files have changed, or a SIGHUP asks for it, and gives
// them to all cores.
//
// New connections greet with the new ones at once, those that are open go on with what they have.
// What cannot be used is refused and said in the log, and the old certificate stays; it is not
// looked at again before it changes. The keys of session tickets change each day, too: whoever
// learns one cannot read much.
#pragma once

#include "server/services/core_services.h"
#include "sluice/io/task.h"

namespace sluice::server {

// Runs on core 0 until a stop is asked for. Only with TLS.
io::Task<void> watch_certificates(CoreServices& services);

}  // namespace sluice::server
