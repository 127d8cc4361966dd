// Reads the points of a data directory that no server runs on, whatever state it is in.
//
// An engine like the server's does the reading, so that what is read is what a query would have
// answered: logs are replayed, deletes applied, and stores are those that there are. It works on a
// copy of the directory's small files (scratch_copy.h), because an engine writes where it opens,
// and it is told to do nothing by itself.
#pragma once

#include <functional>
#include <string>

#include "sluice/base/result.h"
#include "sluice/engine/core.h"
#include "sluice/io/task.h"

namespace sluice::server {

// Runs on the one core of the engine.
using StoppedWork = std::function<io::Task<Result<void>>(engine::Core& core)>;

// Blocks until `work` is done; its failure is the result. True: everything could be read. What
// could not is named on standard error. `scratch` is where the copy lies; empty: $TMPDIR or
// /var/tmp. kConflict: a server has the directory.
Result<bool> read_stopped_directory(const std::string& directory, const std::string& scratch,
                                    const StoppedWork& work);

}  // namespace sluice::server
