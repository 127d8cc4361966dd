// TCP: a listener whose kernel queue feeds this core, and connections, which may speak TLS.
//
// Small reads come out of the core's pool of receive buffers, which the kernel fills as bytes
// arrive; large bodies go from the kernel straight to where they are wanted. By TLS both are
// decrypted on the way.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::tls {
class Context;
}

namespace sluice::io {

class TlsStream;

// Bounds the wait for a peer that does not answer: the kernel's own patience is two minutes. Alive
// until the connect() it was given to has completed.
class ConnectLimit : private Timer {
public:
    // `deadline_ns` is on the reactor's monotonic clock.
    explicit ConnectLimit(std::int64_t deadline_ns) : Timer(&expire), deadline_ns_(deadline_ns) {}
    // The connect() that is under way ends soon; a later one does not begin.
    void give_up();

private:
    friend class Socket;
    static void expire(Timer& timer);

    std::int64_t deadline_ns_;
    Backend* backend_ = nullptr;
    Operation* connecting_ = nullptr;
    bool given_up_ = false;
};

// A Socket belongs to one core. At most one receive and one send are in flight at a time. close()
// completes before destruction; it may be called while a receive or a send is in flight, and lets
// them end with ErrorKind::kCancelled first, as does every later call. A socket is not moved while
// something is in flight.
class Socket {
public:
    Socket();
    Socket(Socket&&) noexcept;
    Socket& operator=(Socket&&) noexcept;
    ~Socket();

    // `address` is a numeric IPv4 or IPv6 address.
    static Task<Result<Socket>> connect(Reactor& reactor, std::string address, std::uint16_t port);
    // kCancelled: `limit` was reached.
    static Task<Result<Socket>> connect(Reactor& reactor, std::string address, std::uint16_t port,
                                        ConnectLimit& limit);

    // Takes over a connected descriptor that has not been read from: a listener's of any core.
    static Socket adopt(Reactor& reactor, int fd);

    bool is_open() const { return connection_ != nullptr; }

    enum class Greeting : std::uint8_t {
        kSecure,
        kPlain,  // the client has sent HTTP: nothing of it was answered, and the socket stays plain
    };
    // Speaks TLS from now on, before anything else is received or sent: as the server or, to the
    // host `peer_name`, as the client. An error says why the two did not come together, and the
    // socket is of no more use. Bound it by a deadline. `context` belongs to this core.
    Task<Result<Greeting>> secure(std::shared_ptr<tls::Context> context,
                                  std::string peer_name = {});
    bool is_secure() const { return tls_ != nullptr; }
    // What the certificate says that the peer has shown; empty without one.
    std::string peer_common_name() const;
    // Whether the two had met before, and a short handshake was enough.
    bool was_resumed() const;

    // The next bytes; an empty span means that the peer will send no more. The span is valid until
    // the next receive(), receive_into(), release() or close().
    Task<Result<ByteSpan>> receive();
    // Gives the last span back before the next receive: do so before a long wait.
    void release();
    // Fills the whole of `into`, fewer bytes only if the peer ends its stream. Bytes that were
    // received ahead come first. `into` stays alive until completion.
    Task<Result<std::size_t>> receive_into(MutableByteSpan into);

    // Completes with true when the peer has sent its last byte, or is gone; with false after
    // stop_waiting_for_end(). Bytes that come meanwhile are kept for the next receive. It counts as
    // the one receive in flight.
    Task<bool> wait_for_end();
    void stop_waiting_for_end();

    // Sends all bytes, or fails. `bytes` stay alive until completion.
    Task<Result<void>> send(ByteSpan bytes);
    Task<Result<void>> send2(ByteSpan head, ByteSpan body);

    // Sets a deadline on the reactor's monotonic clock: receives and sends that are in flight at
    // that time, or start later, end with ErrorKind::kCancelled. 0 takes the deadline away.
    void set_deadline_ns(std::int64_t deadline_ns);

    // Pending and future operations end with ErrorKind::kCancelled; close() is still needed.
    void shutdown();
    // Tells the peer that no more will be sent; receiving goes on.
    Task<Result<void>> finish_sending();
    Task<void> close();

    std::string peer_address() const;

    class Connection;
    explicit Socket(std::unique_ptr<Connection> connection);

private:
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<TlsStream> tls_;  // null: what is sent and received is plain
};

// A Listener belongs to one core. close() completes before destruction.
class Listener {
public:
    Listener();
    Listener(Listener&&) noexcept;
    Listener& operator=(Listener&&) noexcept;
    ~Listener();

    // Several listeners may share address and port, one per core: the kernel deals connections
    // among them. Port 0 lets the kernel choose.
    static Result<Listener> listen(Reactor& reactor, std::string address, std::uint16_t port);
    // Takes over a descriptor that listens.
    static Listener adopt(Reactor& reactor, int fd, std::uint16_t port = 0);
    std::uint16_t port() const;

    // The next connection. When the process is out of descriptors or memory it waits and goes on.
    // ErrorKind::kCancelled after stop(). One at a time.
    Task<Result<Socket>> accept();
    // The same, for a core that is not this one: see Socket::adopt().
    Task<Result<int>> accept_descriptor();
    // Accepts no more: a pending accept() ends, waiting connections are refused.
    void stop();
    Task<void> close();

private:
    class Acceptor;
    explicit Listener(std::unique_ptr<Acceptor> acceptor);

    std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace sluice::io
