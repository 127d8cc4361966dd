// `sluice verify`: every checksum of a data directory.
#pragma once

#include <cstddef>
#include <string>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::server {

// How many sentences about damage were printed.
io::Task<Result<std::size_t>> verify(io::Reactor& reactor, std::string directory);

}  // namespace sluice::server
