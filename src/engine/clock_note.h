// The wall clock as the server last believed it, kept in the data directory for the next start: a
// clock that is wrong when the process begins cannot be told by itself.
//
// The file is one block: magic, CRC-32C of the rest, nanoseconds since 1970. It is written over in
// place. A file that cannot be read or written is as good as none: then the newest shard group says
// when the directory was in use (engine_retention.cc).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::engine {

// Of one core; one call at a time.
class ClockNote {
public:
    explicit ClockNote(std::string path) : path_(std::move(path)) {}

    // Nothing: nobody has written it yet, or not whole.
    io::Task<std::optional<std::int64_t>> read(io::Reactor& reactor);
    // Durable on completion. Says a failure once.
    io::Task<void> write(io::Reactor& reactor, std::int64_t wall_ns);

private:
    io::Task<Result<void>> replace(io::Reactor& reactor, std::int64_t wall_ns);

    const std::string path_;
    bool has_failed_ = false;
};

}  // namespace sluice::engine
