// Reads the points of a data directory, whatever state it is in, also beside the server that works
// on it.
//
// An engine like the server's does the reading, so that what is read is what a query would have
// answered: logs are replayed, deletes applied, and stores are those that there are. It works on a
// copy of the directory's small files (scratch_copy.h), because an engine writes where it opens,
// and it is told to do nothing by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sluice/base/result.h"
#include "sluice/engine/core.h"
#include "sluice/io/task.h"

namespace sluice::server {

// Who else may have the directory.
enum class Beside : std::uint8_t { kNobody, kServer };

// Runs on the one core of the engine.
using ReadingWork = std::function<io::Task<Result<void>>(engine::Core& core)>;

// Blocks until `work` is done; its failure is the result. True: everything could be read. What
// could not is named on standard error. `scratch` is where the copy lies; empty: $TMPDIR or
// /var/tmp. kConflict: a server has the directory, and may not.
Result<bool> read_directory(const std::string& directory, const std::string& scratch, Beside beside,
                            const ReadingWork& work);

}  // namespace sluice::server
