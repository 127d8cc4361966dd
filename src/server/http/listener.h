// A ConnectionListener accepts the connections of one core, keeps them, and lets them finish when
// the server stops.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/config/config_text.h"
#include "server/http/connection.h"
#include "server/services/core_services.h"
#include "sluice/io/gate.h"
#include "sluice/io/socket.h"

namespace sluice::server {

// It belongs to one core. stop() completes before destruction.
class ConnectionListener {
public:
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
    bool has_room() const;

    CoreServices& services_;
    const RequestHandler handler_;
    io::Listener listener_;
    io::Gate gate_;
    std::vector<Connection*> connections_;
};

}  // namespace sluice::server
