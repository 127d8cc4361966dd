#include "server/forward/destination_client.h"

#include <charconv>

#include "server/auth/base64.h"
#include "sluice/base/bytes.h"
#include "sluice/http/url.h"
#include "sluice/ingest/line_text.h"
#include "sluice/io/host_lookup.h"

namespace sluice::server {
namespace {

// The catalog holds digits only (meta/subscription.cc). A number too large for a port becomes 0, to
// which nothing connects.
std::uint16_t port_number(const std::string& text) {
    std::uint16_t port = 0;
    std::from_chars(text.data(), text.data() + text.size(), port);
    return port;
}

PeerAddress address_of(const meta::Destination& destination) {
    return {destination.host, destination.port,
            destination.protocol == meta::Destination::Protocol::kHttps};
}

}  // namespace

DestinationClient::DestinationClient(io::Reactor& reactor, meta::Destination destination,
                                     std::int64_t timeout_ns, TlsTrust& trust)
    : reactor_(reactor),
      destination_(std::move(destination)),
      timeout_ns_(timeout_ns),
      peer_(reactor, address_of(destination_), trust) {}

io::Task<Result<void>> DestinationClient::write(const ForwardedWrite& write) {
    return destination_.protocol == meta::Destination::Protocol::kUdp ? write_udp(write)
                                                                      : write_http(write);
}

// Wakes whatever is in flight with an error: a connect by its limit, a send or a receive by the end
// of the socket. Nothing is freed here; write() returns, and close() follows.
void DestinationClient::give_up() {
    peer_.give_up();
}

io::Task<void> DestinationClient::close() {
    co_await peer_.close();
    if (datagrams_) co_await datagrams_->close();
    datagrams_.reset();
}

// Makes the head that InfluxDB's client sends (client/v2).
std::string DestinationClient::request_head(const ForwardedWrite& write) const {
    std::string head = "POST ";
    head += destination_.path + "/write?consistency=&db=";
    http::append_encoded(head, write.database);
    head += "&precision=ns&rp=";
    http::append_encoded(head, write.retention_policy);
    head += " HTTP/1.1\r\nHost: " + address_of(destination_).authority();
    head += "\r\nUser-Agent: InfluxDBClient\r\n";
    if (!destination_.user.empty()) {
        head += "Authorization: Basic ";
        append_base64_encoded(head, destination_.user + ":" + destination_.password,
                              Base64Alphabet::kStandard);
        head += "\r\n";
    }
    head += "Content-Length: " + std::to_string(write.lines->size()) + "\r\n\r\n";
    return head;
}

// The peer may have closed a kept connection, which shows only when it is used: then the write is
// sent a second time. Writing points twice changes nothing.
io::Task<Result<void>> DestinationClient::write_http(const ForwardedWrite& write) {
    PeerRequest request;
    request.head = request_head(write);
    request.body = as_byte_span(std::string_view(*write.lines));
    SLUICE_CO_TRY_VOID(co_await peer_.exchange(request, reactor_.precise_ns() + timeout_ns_));
    const http::ResponseParser& answer = peer_.answer();
    if (answer.status() == 204 || answer.status() == 200) co_return Result<void>();
    co_return Error{ErrorKind::kInvalid, "the destination answered " +
                                             std::to_string(answer.status()) + ": " +
                                             std::string(answer.body_start())};
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
        if (peer_.has_given_up()) {
            co_return Error{ErrorKind::kCancelled, "forwarding has ended"};
        }
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
