// A TlsStream is what a Socket owns when it speaks TLS: a session between the connection, which
// carries records, and the one who reads and writes plain bytes.
//
// Who receives decrypts, who sends encrypts, and both may be in flight together. Whatever the
// session has to say leaves in the order in which it was made: one at a time takes all of it and
// sends it (flush), the others wait for that. Deadlines, shutdown and the bounds of what is
// received ahead are those of the connection.
//
// An idle stream keeps no large buffer: the one that plain bytes lie in is there from the moment
// they are decrypted until they are given back, and those for records go when it waits.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "connection.h"
#include "sluice/io/event.h"
#include "sluice/io/socket.h"
#include "sluice/io/task.h"
#include "sluice/tls/session.h"

namespace sluice::io {

// Belongs to the core of its connection, which outlives it. close() completes before destruction.
class TlsStream {
public:
    TlsStream(Socket::Connection& connection, std::shared_ptr<tls::Context> context,
              const std::string& peer_name);
    ~TlsStream();
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    Task<Result<Socket::Greeting>> handshake();

    Task<Result<ByteSpan>> receive();
    void release();
    Task<Result<std::size_t>> receive_into(MutableByteSpan into);
    Task<Result<void>> send(ByteSpan head, ByteSpan body);
    Task<Result<void>> finish_sending();
    Task<void> close();

    const tls::Session& session() const { return session_; }

private:
    // Counts the coroutines that are inside, for close().
    class Busy;

    Error failure(const char* doing) const;
    // After a read() that gave nothing: true once there is more to read, false if the peer sends no
    // more.
    Task<Result<bool>> go_on_after(tls::Step step);
    Task<Result<void>> flush();

    Socket::Connection& connection_;
    tls::Session session_;
    std::unique_ptr<std::byte[]> plain_;  // of the last receive()
    bool established_ = false;
    bool ended_ = false;     // the peer sends no more
    bool flushing_ = false;  // `sending_` is on its way
    std::vector<std::byte> sending_;
    Result<void> sent_;  // an error here is for all who send later, too
    Event flushed_;
    unsigned busy_count_ = 0;
    Event idle_event_;
};

}  // namespace sluice::io
