// `sluice inspect`: one file as text.
#pragma once

#include <string>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::server {

// A segment, log or manifest, or the directory of a catalog. `rows`: also what they hold.
io::Task<Result<void>> inspect(io::Reactor& reactor, std::string path, bool rows);

}  // namespace sluice::server
