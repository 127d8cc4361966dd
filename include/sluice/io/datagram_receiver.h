// UDP from anybody to one port of this machine.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::io {

struct ReceiverOptions {
    std::string address;  // a numeric IPv4 or IPv6 address; empty: all of this machine
    std::uint16_t port = 0;
    // Of the kernel, for datagrams that nobody has taken yet; 0 leaves the kernel's own size.
    std::uint64_t buffer_bytes = 0;
    // Receivers of all cores share a port, and the kernel deals the senders out to them. The first
    // one makes sure that nobody else has the port.
    bool is_first = true;
};

// A DatagramReceiver belongs to one core. close() completes before destruction. Simulations have no
// datagrams.
class DatagramReceiver {
public:
    static Result<std::unique_ptr<DatagramReceiver>> bind(Reactor& reactor,
                                                          const ReceiverOptions& options);
    DatagramReceiver(const DatagramReceiver&) = delete;
    DatagramReceiver& operator=(const DatagramReceiver&) = delete;
    ~DatagramReceiver();

    std::uint16_t port() const { return port_; }
    // What the kernel keeps at most; it may be less than was asked for.
    std::uint64_t buffer_bytes() const;
    // The datagrams that the kernel has dropped because its buffer was full.
    std::uint64_t dropped() const;

    // Waits for a datagram and takes those with it that have come already, in their order. The
    // bytes stay until the next call. One call at a time; kCancelled after stop().
    Task<Result<std::span<const ByteSpan>>> receive();
    void stop();
    Task<void> close();

private:
    struct Buffers;

    DatagramReceiver(Reactor& reactor, int fd, std::uint16_t port);

    Reactor& reactor_;
    int fd_;
    const std::uint16_t port_;
    bool stopped_ = false;
    Operation* waiting_ = nullptr;
    std::unique_ptr<Buffers> buffers_;
};

}  // namespace sluice::io
