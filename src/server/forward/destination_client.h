// A DestinationClient sends writes to one destination of a subscription, one after the other, over
// an HTTP connection that is kept, by TLS or plain, or a UDP socket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/outgoing/http_peer.h"
#include "sluice/base/result.h"
#include "sluice/io/datagram_socket.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"
#include "sluice/meta/subscription.h"

namespace sluice::server {

// One accepted write, as it is forwarded.
struct ForwardedWrite {
    std::string database;
    std::string retention_policy;
    std::shared_ptr<const std::string> lines;  // of ingest::append_lines()
    std::uint64_t points = 0;
};

// It belongs to one core. close() completes before destruction.
class DestinationClient {
public:
    // `timeout_ns` bounds each write() by HTTP, connecting included. `trust` outlives it.
    DestinationClient(io::Reactor& reactor, meta::Destination destination, std::int64_t timeout_ns,
                      TlsTrust& trust);
    DestinationClient(const DestinationClient&) = delete;
    DestinationClient& operator=(const DestinationClient&) = delete;

    // Sends a write, and completes when the destination has taken all points. A kept connection
    // that turns out to be closed is opened again once. `write` stays alive until completion. One
    // write runs at a time.
    io::Task<Result<void>> write(const ForwardedWrite& write);
    // Makes a write() that is under way end soon, and later ones at once.
    void give_up();
    io::Task<void> close();

private:
    io::Task<Result<void>> write_http(const ForwardedWrite& write);
    io::Task<Result<void>> write_udp(const ForwardedWrite& write);
    std::string request_head(const ForwardedWrite& write) const;

    io::Reactor& reactor_;
    const meta::Destination destination_;
    const std::int64_t timeout_ns_;
    HttpPeer peer_;
    std::optional<io::DatagramSocket> datagrams_;
};

}  // namespace sluice::server
