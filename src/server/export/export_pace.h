// How the writing of files goes along with what else the process does.
#pragma once

#include <cstdint>

#include "sluice/io/aside.h"
#include "sluice/io/task.h"

namespace sluice::server {

class ExportPace {
public:
    virtual ~ExportPace() = default;
    // It shall end before it is done. Any core asks.
    virtual bool is_ended() const = 0;
    // Of packing.
    virtual io::Haste haste() const = 0;
    // Is awaited when so many bytes more of files have been written.
    virtual io::Task<void> rest(std::uint64_t bytes) = 0;
};

}  // namespace sluice::server
