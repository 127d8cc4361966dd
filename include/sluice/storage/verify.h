// Reads every byte of a store that carries a checksum: `sluice verify`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::storage {

struct VerifyReport {
    std::uint64_t segments = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t log_files = 0;
    std::uint64_t log_frames = 0;
    // Places where a log ended in a frame that was cut short: normal after a crash.
    std::uint64_t torn_tails = 0;
    // One sentence per damaged or missing file, with its path.
    std::vector<std::string> damage;
    // Segments that the manifest does not name: what a crash cut short, or, where the manifest has
    // lost something, what the next start takes in or sets aside.
    std::vector<std::string> unlisted;
    // Files set aside earlier.
    std::vector<std::string> quarantined;
};

// Called before each file: its path, and how many bytes of segments are done and to be done.
using VerifyProgress =
    std::function<void(const std::string& path, std::uint64_t done, std::uint64_t total)>;

// Changes nothing. No Store has the directory open. `progress` may be empty. An error means that
// the device refused; damage is in the report.
io::Task<Result<VerifyReport>> verify_store(io::Reactor& reactor, std::string directory,
                                            VerifyProgress progress);

}  // namespace sluice::storage
