// In-process TCP for SimBackend: listeners by port and pairs of byte streams.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/random.h"
#include "sluice/io/operation.h"

namespace sluice::io {

class SimBackend;
class SimSocket;
using SimSocketRef = std::shared_ptr<SimSocket>;

// One end of a connection, or a listener. Operations that wait here have no event yet.
class SimSocket {
public:
    struct Waiting {
        Operation* operation = nullptr;
        SimBackend* backend = nullptr;
        bool scheduled = false;  // an event is on its way
    };

    std::uint16_t port = 0;  // own port
    // Listener.
    bool listening = false;
    std::deque<SimSocketRef> backlog;
    Waiting accept;
    // Stream.
    std::weak_ptr<SimSocket> peer;
    std::vector<std::byte> inbound;  // from `inbound_begin`
    std::size_t inbound_begin = 0;
    bool end_of_stream = false;  // the peer sends no more
    bool reset = false;
    bool sending_shut = false;
    std::uint16_t peer_port = 0;
    Waiting receive;
    Waiting send;

    std::size_t available() const { return inbound.size() - inbound_begin; }
    void append(ByteSpan bytes) { inbound.insert(inbound.end(), bytes.begin(), bytes.end()); }
    void consume(std::size_t count) {
        inbound_begin += count;
        if (inbound_begin == inbound.size()) {
            inbound.clear();
            inbound_begin = 0;
        }
    }
};

class SimNetwork {
public:
    // Several listeners may share a port; a connection goes to a random one. Port 0: a free one.
    SimSocketRef listen(std::uint16_t port);
    void stop_listening(const SimSocketRef& listener);
    // Null if nobody listens there.
    SimSocketRef pick_listener(std::uint16_t port, Random& random);
    std::uint16_t next_port() { return next_port_++; }

private:
    std::multimap<std::uint16_t, SimSocketRef> listeners_;
    std::uint16_t next_port_ = 40000;
};

}  // namespace sluice::io
