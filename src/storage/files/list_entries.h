// What lies in a directory of a store.
#pragma once

#include <string>
#include <vector>

#include "sluice/io/file.h"

namespace sluice::storage {

// Files and directories. A pipe, socket or device is left out, and the log says so: nothing in
// Sluice makes one, and whoever opened it by its name might wait for ever.
io::Task<Result<std::vector<io::DirectoryEntry>>> list_entries(io::Reactor& reactor,
                                                               std::string path);

}  // namespace sluice::storage
