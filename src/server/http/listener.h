// A ConnectionListener accepts the connections of one core, keeps them, and lets them finish when
// the server stops.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/config/config_text.h"
#include "server/http/connection.h"
#include "server/services/core_services.h"
#include "sluice/io/address_claim.h"
#include "sluice/io/gate.h"
#include "sluice/io/socket.h"

namespace sluice::server {

// It belongs to one core. stop() completes before destruction.
class ConnectionListener {
public:
    // Before the first of them listens: that no other server does. Without a host an address is all
    // of both families, or of IPv4 where IPv6 is switched off.
    static Result<io::AddressClaim> claim(const HostPort& address);
    static Result<std::unique_ptr<ConnectionListener>> listen(CoreServices& services,
                                                              RequestHandler handler,
                                                              const HostPort& address);
    std::uint16_t port() const { return listener_.port(); }

    // Begins to accept connections.
    void start();
    // Accepts no more connections. Requests in flight are answered, up to the configured time, and
    // then cut off.
    io::Task<void> stop();

private:
    ConnectionListener(CoreServices& services, RequestHandler handler, io::Listener listener)
        : services_(services), handler_(handler), listener_(std::move(listener)) {}

    io::Task<void> accept_all();
    io::Task<void> serve(io::Socket socket);
    io::Task<void> refuse(io::Socket socket);
    // Whether one more connection may be taken; closes idle ones where that makes room.
    bool has_room();
    std::uint64_t active() const;
    void evict_idle();
    void report_limit();

    CoreServices& services_;
    const RequestHandler handler_;
    io::Listener listener_;
    io::Gate gate_;
    std::vector<Connection*> connections_;
    std::uint64_t evicting_ = 0;  // told to go, still there
    std::int64_t reported_ns_ = 0;
};

}  // namespace sluice::server
