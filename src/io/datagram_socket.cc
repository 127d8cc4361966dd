#include "sluice/io/datagram_socket.h"

#include <utility>
#include <vector>

#include "system_calls.h"

namespace sluice::io {

Task<Result<DatagramSocket>> DatagramSocket::connect(Reactor& reactor, std::string address,
                                                     std::uint16_t port) {
    if (!reactor.backend().is_real()) {
        co_return Error{ErrorKind::kUnsupported, "datagrams are not simulated"};
    }
    std::vector<std::byte> resolved;
    SLUICE_CO_TRY(const int fd, system_open_datagram_socket(address, port, resolved));
    IoAwaiter connecting(reactor.backend(), OperationKind::kConnect, fd);
    connecting.data = resolved.data();
    connecting.length = resolved.size();
    const std::int64_t result = co_await connecting;
    if (result < 0) {
        reactor.backend().close_now(fd);
        co_return os_failure(static_cast<int>(-result),
                             "send datagrams to " + address + " port " + std::to_string(port));
    }
    co_return DatagramSocket(reactor, fd);
}

DatagramSocket::DatagramSocket(DatagramSocket&& other) noexcept
    : reactor_(other.reactor_), fd_(std::exchange(other.fd_, -1)) {}

DatagramSocket::~DatagramSocket() {
    SLUICE_CHECK(fd_ < 0 || abandoning());
}

Task<Result<void>> DatagramSocket::send(ByteSpan datagram) {
    IoAwaiter sending(reactor_->backend(), OperationKind::kSend, fd_);
    sending.data = datagram.data();
    sending.length = datagram.size();
    const std::int64_t result = co_await sending;
    if (result < 0) co_return os_failure(static_cast<int>(-result), "send a datagram");
    co_return Result<void>();
}

Task<void> DatagramSocket::close() {
    if (fd_ < 0) co_return;
    IoAwaiter closing(reactor_->backend(), OperationKind::kClose, std::exchange(fd_, -1));
    co_await closing;
}

}  // namespace sluice::io
