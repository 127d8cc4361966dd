// The catalog's files as text, for `sluice inspect`.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::meta {

// Takes one line, without its end.
using LineSink = std::function<void(std::string_view line)>;

// Prints what a start would make of the files in `directory`, and changes none of them: databases,
// policies, shard groups, and deletes that may still cover something. Passwords are not shown.
io::Task<Result<void>> dump_catalog(io::Reactor& reactor, std::string directory, LineSink sink);

}  // namespace sluice::meta
