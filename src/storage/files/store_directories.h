// The directories of a store.
#pragma once

#include <string>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::storage {

// Makes `directory`, whose parent exists, and those inside, as far as they are not there. Durable
// on completion.
io::Task<Result<void>> make_store_directories(io::Reactor& reactor, std::string directory);

}  // namespace sluice::storage
