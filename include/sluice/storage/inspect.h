// Files of a store as text, for `sluice inspect`.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::storage {

// Takes one line, without its end.
using LineSink = std::function<void(std::string_view line)>;

// Frames and items of a log file, as far as they follow from its first frame. `rows`: also the
// values of every row.
io::Task<Result<void>> dump_log(io::Reactor& reactor, std::string path, bool rows, LineSink sink);

// A segment: its measurements and where its bytes go. `details`: every series and block.
io::Task<Result<void>> dump_segment_file(io::Reactor& reactor, std::string path, bool details,
                                         LineSink sink);

// Records of a manifest file, summed up: identity, dropped groups, live segments.
io::Task<Result<void>> dump_manifest(io::Reactor& reactor, std::string path, LineSink sink);

}  // namespace sluice::storage
