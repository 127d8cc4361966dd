// How many segments of a store have their file open. A store of years has more segments than a
// process may have descriptors, and each open one keeps its index in memory, so those that nobody
// reads are closed when there are too many.
#pragma once

#include <cstddef>
#include <functional>

#include "sluice/io/event.h"
#include "sluice/io/task.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::storage {

// Of one core. Segments count themselves; whoever owns the segments makes room.
class OpenFiles {
public:
    // Lets go of so many that nobody reads, or of all such, and returns how many. They close later,
    // in the background.
    using MakeRoom = std::function<std::size_t(std::size_t wanted)>;

    OpenFiles(io::Reactor& reactor, std::size_t max, MakeRoom make_room)
        : reactor_(reactor), max_(max), make_room_(std::move(make_room)) {}

    std::size_t count() const { return count_; }
    std::size_t max() const { return max_; }

    // Before one more is opened. Waits until one of those that were let go is closed. When all are
    // being read, the bound gives way.
    io::Task<void> admit();
    void note_opened() { ++count_; }
    void note_closed();

private:
    io::Reactor& reactor_;
    const std::size_t max_;
    const MakeRoom make_room_;
    std::size_t count_ = 0;
    io::Event closed_;
};

}  // namespace sluice::storage
