#include "sluice/io/socket.h"

#include <cerrno>
#include <utility>

#include "connection.h"
#include "sluice/base/check.h"

namespace sluice::io {

Socket::Socket() = default;
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&& other) noexcept {
    SLUICE_CHECK(connection_ == nullptr || this == &other);
    connection_ = std::move(other.connection_);
    return *this;
}
Socket::~Socket() = default;
Socket::Socket(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

Task<Result<Socket>> Socket::connect(Reactor& reactor, std::string address, std::uint16_t port) {
    std::vector<std::byte> resolved;
    SLUICE_CO_TRY(const int fd, reactor.backend().open_socket(address, port, resolved));
    IoAwaiter connect(reactor.backend(), OperationKind::kConnect, fd);
    connect.data = resolved.data();
    connect.length = resolved.size();
    const std::int64_t result = co_await connect;
    if (result < 0) {
        IoAwaiter close(reactor.backend(), OperationKind::kClose, fd);
        co_await close;
        co_return os_failure(static_cast<int>(-result),
                             "connect to " + address + " port " + std::to_string(port));
    }
    co_return Socket(std::make_unique<Connection>(reactor, fd));
}

Task<Result<ByteSpan>> Socket::receive() {
    return connection_->receive();
}
void Socket::release() {
    connection_->release();
}
Task<Result<std::size_t>> Socket::receive_into(MutableByteSpan into) {
    return connection_->receive_into(into);
}
Task<Result<void>> Socket::send(ByteSpan bytes) {
    return connection_->send(bytes, {});
}
Task<Result<void>> Socket::send2(ByteSpan head, ByteSpan body) {
    return connection_->send(head, body);
}
void Socket::set_deadline_ns(std::int64_t deadline_ns) {
    connection_->set_deadline_ns(deadline_ns);
}
void Socket::shutdown() {
    connection_->shutdown();
}
Task<Result<void>> Socket::finish_sending() {
    return connection_->finish_sending();
}

Task<void> Socket::close() {
    if (connection_ == nullptr) co_return;
    // Pending receives and sends refer to the connection, not to this Socket.
    const std::unique_ptr<Connection> connection = std::move(connection_);
    co_await connection->close();
}

std::string Socket::peer_address() const {
    return connection_->reactor().backend().peer_address(connection_->fd());
}

}  // namespace sluice::io
