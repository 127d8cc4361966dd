#include "sluice/io/socket.h"

#include <cerrno>
#include <utility>

#include "connection.h"
#include "sluice/base/check.h"
#include "sluice/tls/context.h"
#include "tls_stream.h"

namespace sluice::io {

Socket::Socket() = default;
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&& other) noexcept {
    SLUICE_CHECK(connection_ == nullptr || this == &other);
    connection_ = std::move(other.connection_);
    tls_ = std::move(other.tls_);
    return *this;
}
Socket::~Socket() = default;
Socket::Socket(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

Socket Socket::adopt(Reactor& reactor, int fd) {
    return Socket(std::make_unique<Connection>(reactor, fd));
}

void ConnectLimit::expire(Timer& timer) {
    static_cast<ConnectLimit&>(timer).give_up();
}

// Whoever connects may lose interest, or the deadline may come; both end a connect that is in
// flight by cancelling it. The limit outlives the connect: its timer lies in it.
void ConnectLimit::give_up() {
    given_up_ = true;
    if (connecting_ != nullptr && connecting_->in_flight) backend_->cancel(*connecting_);
}

Task<Result<Socket>> Socket::connect(Reactor& reactor, std::string address, std::uint16_t port) {
    ConnectLimit limit(kNoDeadline);
    co_return co_await connect(reactor, std::move(address), port, limit);
}

Task<Result<Socket>> Socket::connect(Reactor& reactor, std::string address, std::uint16_t port,
                                     ConnectLimit& limit) {
    const std::string doing = "connect to " + address + " port " + std::to_string(port);
    if (limit.given_up_) co_return Error{ErrorKind::kCancelled, doing + ": given up"};
    std::vector<std::byte> resolved;
    SLUICE_CO_TRY(const int fd, reactor.backend().open_socket(address, port, resolved));
    IoAwaiter connecting(reactor.backend(), OperationKind::kConnect, fd);
    connecting.data = resolved.data();
    connecting.length = resolved.size();
    limit.backend_ = &reactor.backend();
    limit.connecting_ = &connecting;
    if (limit.deadline_ns_ != kNoDeadline) start_timer(limit, limit.deadline_ns_);
    const std::int64_t result = co_await connecting;
    // From here on the awaiter is about to go: nobody may cancel it.
    limit.connecting_ = nullptr;
    cancel_timer(limit);
    if (result >= 0) co_return Socket(std::make_unique<Connection>(reactor, fd));
    IoAwaiter closing(reactor.backend(), OperationKind::kClose, fd);
    co_await closing;
    if (limit.given_up_) co_return Error{ErrorKind::kCancelled, doing + ": no answer"};
    co_return os_failure(static_cast<int>(-result), doing);
}

namespace {

// A socket that was closed under a pending call answers, instead of ending the process: who closes
// and who reads are often different tasks.
Error closed(const char* doing) {
    return Error{ErrorKind::kCancelled, std::string(doing) + ": the connection is closed"};
}

template <class T>
Task<Result<T>> refuse(const char* doing) {
    co_return closed(doing);
}

}  // namespace

Task<Result<Socket::Greeting>> Socket::secure(std::shared_ptr<tls::Context> context,
                                              std::string peer_name) {
    if (connection_ == nullptr) co_return closed("greet");
    SLUICE_CHECK(tls_ == nullptr);
    tls_ = std::make_unique<TlsStream>(*connection_, std::move(context), peer_name);
    auto greeting = co_await tls_->handshake();
    if (greeting.ok() && *greeting == Greeting::kPlain) tls_.reset();
    co_return greeting;
}

std::string Socket::peer_common_name() const {
    return tls_ == nullptr ? std::string() : tls_->session().peer_common_name();
}
bool Socket::was_resumed() const {
    return tls_ != nullptr && tls_->session().was_resumed();
}

Task<Result<ByteSpan>> Socket::receive() {
    if (tls_ != nullptr) return tls_->receive();
    return connection_ == nullptr ? refuse<ByteSpan>("receive") : connection_->receive();
}
Task<Result<std::size_t>> Socket::receive_into(MutableByteSpan into) {
    if (tls_ != nullptr) return tls_->receive_into(into);
    return connection_ == nullptr ? refuse<std::size_t>("receive")
                                  : connection_->receive_into(into);
}
// Those who end their stream of records end that of TCP with it.
Task<bool> Socket::wait_for_end() {
    return connection_->wait_for_end();
}
void Socket::stop_waiting_for_end() {
    if (connection_ != nullptr) connection_->stop_waiting_for_end();
}
Task<Result<void>> Socket::send(ByteSpan bytes) {
    return send2(bytes, {});
}
Task<Result<void>> Socket::send2(ByteSpan head, ByteSpan body) {
    if (tls_ != nullptr) return tls_->send(head, body);
    return connection_ == nullptr ? refuse<void>("send") : connection_->send(head, body);
}
Task<Result<void>> Socket::finish_sending() {
    if (tls_ != nullptr) return tls_->finish_sending();
    return connection_ == nullptr ? refuse<void>("send") : connection_->finish_sending();
}
void Socket::release() {
    if (tls_ != nullptr) {
        tls_->release();
    } else if (connection_ != nullptr) {
        connection_->release();
    }
}
void Socket::set_deadline_ns(std::int64_t deadline_ns) {
    if (connection_ != nullptr) connection_->set_deadline_ns(deadline_ns);
}
void Socket::shutdown() {
    if (connection_ != nullptr) connection_->shutdown();
}

// The connection stays in place until the last receive and send have ended: their callers may try
// again before they learn that it is closed.
Task<void> Socket::close() {
    if (connection_ == nullptr) co_return;
    if (tls_ != nullptr) co_await tls_->close();
    co_await connection_->close();
    tls_.reset();
    connection_.reset();
}

std::string Socket::peer_address() const {
    return connection_->reactor().backend().peer_address(connection_->fd());
}

}  // namespace sluice::io
