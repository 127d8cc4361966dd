// Finds the addresses of a host by its name, with the C library's resolver.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::io {

// Numeric addresses, the best first; at least one. A numeric `host` is its own answer, an empty one
// is the local host. A name may take seconds: the resolver is asked on another thread (aside.h).
Task<Result<std::vector<std::string>>> look_up_host(std::string host);

}  // namespace sluice::io
