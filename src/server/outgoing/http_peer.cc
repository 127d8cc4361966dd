#include "server/outgoing/http_peer.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "sluice/base/units.h"
#include "sluice/io/host_lookup.h"

namespace sluice::server {
namespace {

// Of a body, between two rests.
constexpr std::size_t kPieceBytes = 256 * kKiB;

Error given_up() {
    return {ErrorKind::kCancelled, "it was given up"};
}

std::uint16_t port_number(const std::string& text) {
    std::uint16_t port = 0;
    std::from_chars(text.data(), text.data() + text.size(), port);
    return port;
}

}  // namespace

std::string PeerAddress::authority() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return (is_v6 ? "[" + host + "]" : host) + ":" + port;
}

HttpPeer::HttpPeer(io::Reactor& reactor, PeerAddress address, TlsTrust& trust)
    : reactor_(reactor), address_(std::move(address)), trust_(trust) {}

void HttpPeer::give_up() {
    given_up_ = true;
    if (connecting_ != nullptr) connecting_->give_up();
    socket_.shutdown();
}

io::Task<void> HttpPeer::close() {
    co_await socket_.close();
}

io::Task<Result<void>> HttpPeer::exchange(const PeerRequest& request, std::int64_t deadline_ns) {
    if (given_up_) co_return given_up();
    if (socket_.is_open()) {
        Result<void> result = co_await send_and_receive(request, deadline_ns);
        // The peer may have closed the connection while nothing was said.
        const bool again = !result.ok() && result.error().kind == ErrorKind::kIo && !given_up_;
        if (!again) co_return result;
    }
    SLUICE_CO_TRY_VOID(co_await connect(deadline_ns));
    co_return co_await send_and_receive(request, deadline_ns);
}

io::Task<Result<void>> HttpPeer::connect(std::int64_t deadline_ns) {
    SLUICE_CO_TRY(const std::vector<std::string> addresses,
                  co_await io::look_up_host(address_.host));
    Result<void> result = given_up();
    for (const std::string& address : addresses) {
        if (given_up_) co_return given_up();
        io::ConnectLimit limit(deadline_ns);
        connecting_ = &limit;
        Result<io::Socket> connected =
            co_await io::Socket::connect(reactor_, address, port_number(address_.port), limit);
        connecting_ = nullptr;
        if (connected.ok()) {
            socket_ = std::move(connected).value();
            if (given_up_) socket_.shutdown();
            if (address_.is_secure) result = co_await greet(deadline_ns);
            co_return address_.is_secure ? result : Result<void>();
        }
        result = std::move(connected).error();
    }
    co_return result;
}

io::Task<Result<void>> HttpPeer::greet(std::int64_t deadline_ns) {
    io::Task<Result<std::shared_ptr<tls::Context>>> asking = trust_.context();
    SLUICE_CO_TRY(std::shared_ptr<tls::Context> context, co_await asking);
    socket_.set_deadline_ns(deadline_ns);
    io::Task<Result<io::Socket::Greeting>> greeting =
        socket_.secure(std::move(context), address_.host);
    Result<io::Socket::Greeting> greeted = co_await greeting;
    Result<void> result;
    if (!greeted.ok()) {
        result = std::move(greeted).error();
        result = Error{result.error().kind, "https://" + address_.host + ':' + address_.port +
                                                ": " + result.error().message};
    } else if (*greeted == io::Socket::Greeting::kPlain) {
        result = Error{ErrorKind::kIo, "the destination speaks HTTP without TLS"};
    }
    if (!result.ok()) co_await socket_.close();
    co_return result;
}

io::Task<Result<void>> HttpPeer::send_and_receive(const PeerRequest& request,
                                                  std::int64_t deadline_ns) {
    socket_.set_deadline_ns(deadline_ns);
    Result<void> sent = co_await send(request);
    // Who refuses a body may say so and close without having read all of it.
    Result<void> result = sent;
    const bool may_have_answered = sent.ok() || sent.error().kind == ErrorKind::kIo;
    if (may_have_answered) {
        Result<void> received = co_await receive_answer(request);
        if (sent.ok() || received.ok()) result = std::move(received);
    }
    if (!sent.ok() || !result.ok() || !answer_.keeps_connection()) co_await socket_.close();
    co_return result;
}

io::Task<Result<void>> HttpPeer::send(const PeerRequest& request) {
    ByteSpan body = request.body;
    ByteSpan head = as_byte_span(std::string_view(request.head));
    while (true) {
        const ByteSpan piece = request.rest ? body.first(std::min(body.size(), kPieceBytes)) : body;
        SLUICE_CO_TRY_VOID(co_await socket_.send2(head, piece));
        head = {};
        body = body.subspan(piece.size());
        if (request.rest && !piece.empty()) {
            io::Task<void> resting = request.rest(piece.size());
            co_await resting;
        }
        if (body.empty()) co_return Result<void>();
    }
}

io::Task<Result<void>> HttpPeer::receive_answer(const PeerRequest& request) {
    answer_.reset(request.expected);
    for (;;) {
        SLUICE_CO_TRY(const ByteSpan bytes, co_await socket_.receive());
        if (bytes.empty()) {
            if (answer_.finish()) co_return Result<void>();
            co_return Error{ErrorKind::kIo, "the destination closed the connection"};
        }
        SLUICE_CO_TRY(const bool complete, answer_.add(as_text(bytes)));
        socket_.release();
        if (complete) co_return Result<void>();
    }
}

}  // namespace sluice::server
