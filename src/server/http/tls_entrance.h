// The TlsEntrance of a listener greets clients by TLS before their first request is read.
//
// Whoever has not finished the handshake costs memory, a descriptor and, once, a signature, and has
// said nothing yet about who it is. So a handshake is bounded in time, only so many are unfinished
// at a time, and when they are that many, the one that has waited longest makes room for others.
#pragma once

#include <cstdint>
#include <list>

#include "server/services/core_services.h"
#include "sluice/io/event.h"
#include "sluice/io/socket.h"
#include "sluice/io/task.h"

namespace sluice::server {

// Belongs to the core of its listener. All admit() have completed before destruction.
class TlsEntrance {
public:
    explicit TlsEntrance(CoreServices& services) : services_(services) {}

    // Completes with true when requests may be read from `socket`, which outlives the task. After
    // false it has only to be closed: a client that speaks plain HTTP has been told so.
    io::Task<bool> admit(io::Socket& socket);
    // Completes when one more may come.
    io::Task<void> wait_for_room();
    // Ends the handshakes that are unfinished, and those that begin later.
    void stop();

private:
    struct Guest {
        io::Socket* socket;
        std::int64_t came_ns;
        bool leaving;
    };

    io::Task<void> answer_plainly(io::Socket& socket);
    void note_failure(const io::Socket& socket, const Error& error);

    CoreServices& services_;
    std::list<Guest> unfinished_;  // in the order in which they came
    io::Event finished_;
    bool stopped_ = false;
    std::int64_t reported_ns_ = 0;
};

}  // namespace sluice::server
