// `sluice repair`: what a stopped data directory has lost and what of it can be had back.
#pragma once

#include <string>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::server {

struct RepairOptions {
    std::string directory;
    bool apply = false;  // else nothing is changed
};

// Prints what it finds and does, a sentence a line. True: everything is, or would be, had back.
// kConflict: a server has the directory.
io::Task<Result<bool>> repair(io::Reactor& reactor, RepairOptions options);

}  // namespace sluice::server
