// Whether a directory may become, or is, a data directory of ours.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/file.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::engine {

// What else lies in it stays untouched, but nobody wants the files of two programs among each
// other. `entries` are its own, `meta_entries` those of its directory meta. The error is a sentence
// that says what was found and what to do.
Result<void> check_data_directory(const std::string& path,
                                  const std::vector<io::DirectoryEntry>& entries,
                                  const std::vector<io::DirectoryEntry>& meta_entries);

// Makes `path`, those above it too, durable; then check_data_directory().
io::Task<Result<void>> prepare_data_directory(io::Reactor& reactor, std::string path);

}  // namespace sluice::engine
