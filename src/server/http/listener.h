// A ConnectionListener accepts the connections of one core, on all addresses that the server has,
// keeps them, and lets them finish when the server stops.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/config/config_text.h"
#include "server/http/connection.h"
#include "server/http/tls_entrance.h"
#include "server/services/core_services.h"
#include "sluice/io/address_claim.h"
#include "sluice/io/gate.h"
#include "sluice/io/socket.h"

namespace sluice::server {

// It belongs to one core. stop() completes before destruction.
class ConnectionListener {
public:
    ConnectionListener(CoreServices& services, RequestHandler handler)
        : services_(services), handler_(handler), entrance_(services) {}

    // Before the first of them listens: that no other server does. Without a host an address is all
    // of both families, or of IPv4 where IPv6 is switched off.
    static Result<io::AddressClaim> claim(const HostPort& address);

    // Listens on one more address, and returns its port. `secure`: by TLS only.
    Result<std::uint16_t> listen(const HostPort& address, bool secure);
    // Begins to accept connections.
    void start();
    // Serves a connection that was accepted elsewhere, without TLS.
    io::Task<void> take(io::Socket socket);
    // Accepts no more connections. Requests in flight are answered, up to the configured time, and
    // then cut off.
    io::Task<void> stop();

private:
    struct Door {
        io::Listener listener;
        bool secure;
    };

    io::Task<void> accept_all(Door& door);
    io::Task<void> admit(io::Socket socket, ClientShares::Place place);
    io::Task<void> serve(io::Socket socket, ClientShares::Place place);
    io::Task<void> refuse(io::Socket socket);
    // Whether one more connection may be taken, which then counts; closes idle ones where that
    // makes room.
    std::optional<ClientShares::Place> take_place(const io::Socket& socket);
    bool has_room();
    // Whether a client may have one more: the last places are for those who have few.
    bool has_share(const std::string& block);
    // The connections of the server, but for those that are on their way out.
    std::uint64_t active() const;
    // Of the connections that there may be, those of one core if all had as many.
    std::uint64_t fair_part() const;
    void evict_idle();
    void evict_idle_of(ClientShares::Client& client);
    void evict(std::vector<Connection*>& idle);
    bool is_quiet(const Connection& connection) const;
    void report_limit();
    io::Task<void> wait_for_requests(io::Task<void>& closed);

    CoreServices& services_;
    const RequestHandler handler_;
    TlsEntrance entrance_;
    std::vector<std::unique_ptr<Door>> doors_;
    io::Gate gate_;
    std::vector<Connection*> connections_;
    std::uint64_t evicting_ = 0;  // told to go, still there
    std::int64_t reported_ns_ = 0;
};

}  // namespace sluice::server
