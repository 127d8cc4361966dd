#include "sluice/io/datagram_receiver.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "sluice/base/units.h"
#include "system_calls.h"

namespace sluice::io {
namespace {

// A datagram of IP is shorter than 64 KiB. So many are taken at once that a wait for the ring is
// shared by them where they come fast.
constexpr std::size_t kDatagramBytesMax = 64 * kKiB;
constexpr std::size_t kAtOnceMax = 16;

}  // namespace

struct DatagramReceiver::Buffers {
    std::array<std::array<std::byte, kDatagramBytesMax>, kAtOnceMax> bytes;
    std::array<ByteSpan, kAtOnceMax> taken;
};

DatagramReceiver::DatagramReceiver(Reactor& reactor, int fd, std::uint16_t port)
    : reactor_(reactor), fd_(fd), port_(port), buffers_(new Buffers) {}

DatagramReceiver::~DatagramReceiver() {
    SLUICE_CHECK(fd_ < 0 || abandoning());
}

Result<std::unique_ptr<DatagramReceiver>> DatagramReceiver::bind(Reactor& reactor,
                                                                 const ReceiverOptions& options) {
    Backend& backend = reactor.backend();
    if (!backend.is_real()) return Error{ErrorKind::kUnsupported, "datagrams are not simulated"};
    SLUICE_TRY(const int fd, system_bind_datagrams(options.address, options.port,
                                                   options.buffer_bytes, options.is_first));
    Result<std::uint16_t> port = backend.local_port(fd);
    if (!port.ok()) {
        backend.close_now(fd);
        return std::move(port).error();
    }
    return std::unique_ptr<DatagramReceiver>(new DatagramReceiver(reactor, fd, *port));
}

// The kernel doubles what it is asked for, to keep its books in the same room (socket(7)).
std::uint64_t DatagramReceiver::buffer_bytes() const {
    int bytes = 0;
    socklen_t length = sizeof bytes;
    if (getsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, &length) != 0 || bytes < 0) return 0;
    return static_cast<std::uint64_t>(bytes) / 2;
}

std::uint64_t DatagramReceiver::dropped() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> facts{};
    socklen_t length = sizeof facts;
    if (getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, facts.data(), &length) != 0) return 0;
    return length >= sizeof facts ? facts[SK_MEMINFO_DROPS] : 0;
}

// The ring waits for the first datagram; the others that are there already cost one call together.
Task<Result<std::span<const ByteSpan>>> DatagramReceiver::receive() {
    if (stopped_) co_return Error{ErrorKind::kCancelled, "the receiver has stopped"};
    Buffers& buffers = *buffers_;
    IoAwaiter receiving(reactor_.backend(), OperationKind::kReceiveInto, fd_);
    receiving.data = buffers.bytes[0].data();
    receiving.length = kDatagramBytesMax;
    waiting_ = &receiving;
    const std::int64_t result = co_await receiving;
    waiting_ = nullptr;
    if (result < 0) co_return os_failure(static_cast<int>(-result), "receive a datagram");
    buffers.taken[0] = ByteSpan(buffers.bytes[0].data(), static_cast<std::size_t>(result));

    std::array<iovec, kAtOnceMax> parts{};
    std::array<mmsghdr, kAtOnceMax> messages{};
    for (std::size_t i = 1; i < kAtOnceMax; ++i) {
        parts[i] = {buffers.bytes[i].data(), kDatagramBytesMax};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    // What goes wrong here goes wrong again at the next wait, and is said then.
    const int more = recvmmsg(fd_, &messages[1], kAtOnceMax - 1, MSG_DONTWAIT, nullptr);
    const std::size_t count = 1 + static_cast<std::size_t>(std::max(more, 0));
    for (std::size_t i = 1; i < count; ++i) {
        buffers.taken[i] = ByteSpan(buffers.bytes[i].data(), messages[i].msg_len);
    }
    co_return std::span<const ByteSpan>(buffers.taken.data(), count);
}

void DatagramReceiver::stop() {
    stopped_ = true;
    if (waiting_ != nullptr) reactor_.backend().cancel(*waiting_);
}

Task<void> DatagramReceiver::close() {
    if (fd_ < 0) co_return;
    IoAwaiter closing(reactor_.backend(), OperationKind::kClose, std::exchange(fd_, -1));
    co_await closing;
}

}  // namespace sluice::io
