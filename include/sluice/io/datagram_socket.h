// UDP to one destination.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::io {

// A DatagramSocket belongs to one core. close() completes before destruction. Simulations have no
// datagrams.
class DatagramSocket {
public:
    // `address` is a numeric IPv4 or IPv6 address. Nothing is sent yet.
    static Task<Result<DatagramSocket>> connect(Reactor& reactor, std::string address,
                                                std::uint16_t port);
    DatagramSocket(DatagramSocket&& other) noexcept;
    DatagramSocket& operator=(DatagramSocket&&) = delete;
    ~DatagramSocket();

    // One datagram, or an error: of this one, or what the network said about the one before.
    // `datagram` stays alive until completion. One at a time.
    Task<Result<void>> send(ByteSpan datagram);
    Task<void> close();

private:
    DatagramSocket(Reactor& reactor, int fd) : reactor_(&reactor), fd_(fd) {}

    Reactor* reactor_;
    int fd_;
};

}  // namespace sluice::io
