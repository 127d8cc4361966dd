#include "server/forward/destination_client.h"

#include <charconv>

#include "server/auth/base64.h"
#include "sluice/base/bytes.h"
#include "sluice/http/url.h"
#include "sluice/ingest/line_text.h"
#include "sluice/io/host_lookup.h"

namespace sluice::server {
namespace {

Error given_up() {
    return {ErrorKind::kCancelled, "forwarding has ended"};
}

// The catalog holds digits only (meta/subscription.cc). A number too large for a port becomes 0, to
// which nothing connects.
std::uint16_t port_number(const std::string& text) {
    std::uint16_t port = 0;
    std::from_chars(text.data(), text.data() + text.size(), port);
    return port;
}

}  // namespace

DestinationClient::DestinationClient(io::Reactor& reactor, meta::Destination destination,
                                     std::int64_t timeout_ns, TlsTrust& trust)
    : reactor_(reactor),
      destination_(std::move(destination)),
      timeout_ns_(timeout_ns),
      trust_(trust) {}

io::Task<Result<void>> DestinationClient::write(const ForwardedWrite& write) {
    return destination_.protocol == meta::Destination::Protocol::kUdp ? write_udp(write)
                                                                      : write_http(write);
}

// Wakes whatever is in flight with an error: a connect by its limit, a send or a receive by the end
// of the socket. Nothing is freed here; write() returns, and close() follows.
void DestinationClient::give_up() {
    given_up_ = true;
    if (connecting_ != nullptr) connecting_->give_up();
    socket_.shutdown();
}

io::Task<void> DestinationClient::close() {
    co_await socket_.close();
    if (datagrams_) co_await datagrams_->close();
    datagrams_.reset();
}

// Makes the head that InfluxDB's client sends (client/v2).
std::string DestinationClient::request_head(const ForwardedWrite& write) const {
    const bool v6 = destination_.host.find(':') != std::string::npos;
    std::string head = "POST ";
    head += destination_.path + "/write?consistency=&db=";
    http::append_encoded(head, write.database);
    head += "&precision=ns&rp=";
    http::append_encoded(head, write.retention_policy);
    head += " HTTP/1.1\r\nHost: ";
    head += v6 ? "[" + destination_.host + "]" : destination_.host;
    head += ":" + destination_.port + "\r\nUser-Agent: InfluxDBClient\r\n";
    if (!destination_.user.empty()) {
        head += "Authorization: Basic ";
        append_base64_encoded(head, destination_.user + ":" + destination_.password,
                              Base64Alphabet::kStandard);
        head += "\r\n";
    }
    head += "Content-Length: " + std::to_string(write.lines->size()) + "\r\n\r\n";
    return head;
}

// Tries the addresses of the host one after the other, all of them within one deadline. After each
// wait it looks whether the forwarder has given up meanwhile, since give_up() finds nothing to wake
// between two addresses.
io::Task<Result<void>> DestinationClient::connect(std::int64_t deadline_ns) {
    SLUICE_CO_TRY(const std::vector<std::string> addresses,
                  co_await io::look_up_host(destination_.host));
    Result<void> result = given_up();
    for (const std::string& address : addresses) {
        if (given_up_) co_return given_up();
        io::ConnectLimit limit(deadline_ns);
        connecting_ = &limit;
        Result<io::Socket> connected =
            co_await io::Socket::connect(reactor_, address, port_number(destination_.port), limit);
        connecting_ = nullptr;
        if (connected.ok()) {
            socket_ = std::move(connected).value();
            // It was given up while the connection was made: what follows fails at once.
            if (given_up_) socket_.shutdown();
            const bool secure = destination_.protocol == meta::Destination::Protocol::kHttps;
            if (secure) result = co_await greet(deadline_ns);
            co_return secure ? result : Result<void>();
        }
        result = std::move(connected).error();
    }
    co_return result;
}

// The name in the certificate has to be that of the destination, whatever address that has, unless
// the setting says that nothing is verified.
io::Task<Result<void>> DestinationClient::greet(std::int64_t deadline_ns) {
    io::Task<Result<std::shared_ptr<tls::Context>>> asking = trust_.context();
    SLUICE_CO_TRY(std::shared_ptr<tls::Context> context, co_await asking);
    socket_.set_deadline_ns(deadline_ns);
    io::Task<Result<io::Socket::Greeting>> greeting =
        socket_.secure(std::move(context), destination_.host);
    Result<io::Socket::Greeting> greeted = co_await greeting;
    Result<void> result;
    if (!greeted.ok()) {
        result = std::move(greeted).error();
        result = Error{result.error().kind, "https://" + destination_.host + ':' +
                                                destination_.port + ": " + result.error().message};
    } else if (*greeted == io::Socket::Greeting::kPlain) {
        result = Error{ErrorKind::kIo, "the destination speaks HTTP without TLS"};
    }
    if (!result.ok()) co_await socket_.close();
    co_return result;
}

// A connection is kept only after a whole answer that allows it. An answer that refuses the write
// is kInvalid: write_http() repeats a write only after kIo.
io::Task<Result<void>> DestinationClient::exchange(const std::string& head, const std::string& body,
                                                   std::int64_t deadline_ns) {
    socket_.set_deadline_ns(deadline_ns);
    Result<void> result = co_await socket_.send2(as_byte_span(std::string_view(head)),
                                                 as_byte_span(std::string_view(body)));
    if (result.ok()) result = co_await receive_answer();
    if (!result.ok() || !answer_.keeps_connection()) co_await socket_.close();
    if (!result.ok()) co_return result;
    if (answer_.status() == 204 || answer_.status() == 200) co_return Result<void>();
    co_return Error{ErrorKind::kInvalid, "the destination answered " +
                                             std::to_string(answer_.status()) + ": " +
                                             std::string(answer_.body_start())};
}

io::Task<Result<void>> DestinationClient::receive_answer() {
    answer_.reset();
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

// A kept connection may have been closed by the peer, which shows only when it is used; then, and
// only then, the write is sent a second time. Writing points twice changes nothing.
io::Task<Result<void>> DestinationClient::write_http(const ForwardedWrite& write) {
    if (given_up_) co_return given_up();
    const std::int64_t deadline_ns = reactor_.precise_ns() + timeout_ns_;
    const std::string head = request_head(write);
    if (socket_.is_open()) {
        Result<void> result = co_await exchange(head, *write.lines, deadline_ns);
        // The peer may have closed the connection while nothing was said.
        const bool again = !result.ok() && result.error().kind == ErrorKind::kIo && !given_up_;
        if (!again) co_return result;
    }
    SLUICE_CO_TRY_VOID(co_await connect(deadline_ns));
    co_return co_await exchange(head, *write.lines, deadline_ns);
}

// One datagram for each point, as InfluxDB does.
io::Task<Result<void>> DestinationClient::write_udp(const ForwardedWrite& write) {
    if (!datagrams_) {
        SLUICE_CO_TRY(const std::vector<std::string> addresses,
                      co_await io::look_up_host(destination_.host));
        SLUICE_CO_TRY(io::DatagramSocket socket,
                      co_await io::DatagramSocket::connect(reactor_, addresses.front(),
                                                           port_number(destination_.port)));
        datagrams_.emplace(std::move(socket));
    }
    const std::string_view lines = *write.lines;
    for (std::size_t from = 0; from < lines.size();) {
        if (given_up_) co_return given_up();
        const std::size_t end = ingest::find_row_end(lines, from);
        Result<void> sent = co_await datagrams_->send(as_byte_span(lines.substr(from, end - from)));
        if (!sent.ok()) {
            // A new socket next time, to a new address perhaps.
            co_await datagrams_->close();
            datagrams_.reset();
            co_return sent;
        }
        from = end + 1;
        if (reactor_.needs_yield()) co_await reactor_.yield();
    }
    co_return Result<void>();
}

}  // namespace sluice::server
