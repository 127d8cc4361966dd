// An HttpPeer is a server that this one is a client of: a connection that is kept, by TLS or plain,
// and requests over it, one after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "server/outgoing/tls_trust.h"
#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/http/response_parser.h"
#include "sluice/io/reactor.h"
#include "sluice/io/socket.h"
#include "sluice/io/task.h"

namespace sluice::server {

struct PeerAddress {
    std::string host;
    std::string port;
    bool is_secure = false;

    // As the header Host has it, with the port.
    std::string authority() const;
};

struct PeerRequest {
    std::string head;  // whole, with the empty line
    ByteSpan body;
    http::ResponseParser::Expected expected;
    // Is awaited after each piece of the body; null: nothing is.
    std::function<io::Task<void>(std::uint64_t bytes)> rest;
};

// It belongs to one core. close() completes before destruction.
class HttpPeer {
public:
    // `trust` outlives it.
    HttpPeer(io::Reactor& reactor, PeerAddress address, TlsTrust& trust);
    HttpPeer(const HttpPeer&) = delete;
    HttpPeer& operator=(const HttpPeer&) = delete;

    // Completes when the answer, whatever it says, is in answer(). A kept connection that turns out
    // to be closed is opened again once, and the request sent again: it may have been carried out
    // twice. kCancelled: `deadline_ns` has come, or give_up(). One request runs at a time, and
    // stays alive until completion.
    io::Task<Result<void>> exchange(const PeerRequest& request, std::int64_t deadline_ns);
    const http::ResponseParser& answer() const { return answer_; }

    // Makes an exchange() that is under way end soon, and later ones at once.
    void give_up();
    bool has_given_up() const { return given_up_; }
    io::Task<void> close();

private:
    io::Task<Result<void>> connect(std::int64_t deadline_ns);
    io::Task<Result<void>> greet(std::int64_t deadline_ns);
    io::Task<Result<void>> send_and_receive(const PeerRequest& request, std::int64_t deadline_ns);
    io::Task<Result<void>> send(const PeerRequest& request);
    io::Task<Result<void>> receive_answer(const PeerRequest& request);

    io::Reactor& reactor_;
    const PeerAddress address_;
    TlsTrust& trust_;
    io::Socket socket_;
    io::ConnectLimit* connecting_ = nullptr;
    http::ResponseParser answer_;
    bool given_up_ = false;
};

}  // namespace sluice::server
