// Listener accepts connections: one multishot accept stays armed, and what it brings waits in a
// short queue until somebody asks for it.
#include <cerrno>
#include <deque>
#include <utility>

#include "connection.h"
#include "sluice/base/check.h"
#include "sluice/base/log.h"
#include "sluice/io/socket.h"

namespace sluice::io {

namespace {

// How long to leave connections in the kernel's queue when the process is out of descriptors.
constexpr std::int64_t kBackOffNs = 50 * kMillisecondNs;
// Accepted connections that nobody has asked for yet; beyond that they wait in the kernel.
constexpr std::size_t kAcceptedMax = 256;

bool is_shortage(std::int64_t result) {
    return result == -EMFILE || result == -ENFILE || result == -ENOBUFS || result == -ENOMEM;
}

}  // namespace

// Keeps one multishot accept armed. It is disarmed in three cases, and arm() is called again when
// the case is over: enough connections wait to be asked for (accept() takes one), the process is
// out of descriptors (back_off_over()), or it has stopped, for good.
class Listener::Acceptor final : public Operation, private Timer {
public:
    Acceptor(Reactor& reactor, int fd_, std::uint16_t port)
        : Operation(OperationKind::kAccept, fd_),
          Timer(&Acceptor::back_off_over),
          reactor_(reactor),
          port_(port) {
        reactor_.backend().submit(*this);
    }
    ~Acceptor() { SLUICE_CHECK(fd < 0 || abandoning()); }

    std::uint16_t port() const { return port_; }

    void complete(const Completion& completion) override {
        if (completion.result >= 0) {
            // Also behind stop(): a connection that was accepted already is closed by close().
            accepted_.push_back(static_cast<int>(completion.result));
            if (completion.more && accepted_.size() >= kAcceptedMax) {
                reactor_.backend().cancel(*this);
            }
        } else if (is_shortage(completion.result) && !stopped_) {
            report_shortage(completion.result);
            shortage_ = true;
        }
        if (!completion.more && !stopped_) {
            if (shortage_) {
                reactor_.timers().start(*this, reactor_.monotonic_ns() + kBackOffNs);
            } else {
                arm();
            }
        }
        event_.notify_all();
    }

    Task<Result<int>> accept() {
        while (accepted_.empty()) {
            if (stopped_)
                co_return Error{ErrorKind::kCancelled, "accept: the listener has stopped"};
            co_await event_.wait();
        }
        const int accepted = accepted_.front();
        accepted_.pop_front();
        if (!stopped_) arm();
        co_return accepted;
    }

    Reactor& reactor() { return reactor_; }

    void stop() {
        if (stopped_) return;
        stopped_ = true;
        reactor_.timers().cancel(*this);
        reactor_.backend().cancel(*this);
        event_.notify_all();
    }

    Task<void> close() {
        stop();
        // The kernel has our address until the last completion of the accept.
        while (in_flight) co_await event_.wait();
        for (const int accepted : accepted_) reactor_.backend().close_now(accepted);
        accepted_.clear();
        IoAwaiter close(reactor_.backend(), OperationKind::kClose, std::exchange(fd, -1));
        co_await close;
    }

private:
    static void back_off_over(Timer& timer) {
        auto& self = static_cast<Acceptor&>(timer);
        self.shortage_ = false;
        self.arm();
    }
    // A process out of descriptors fails twenty times a second; one line per second is enough.
    void report_shortage(std::int64_t result) {
        const std::int64_t now_ns = reactor_.monotonic_ns();
        if (reported_ns_ != 0 && now_ns - reported_ns_ < kSecondNs) return;
        reported_ns_ = now_ns;
        if (!reactor_.backend().is_real()) return;
        log_warn("accept: out of descriptors or memory, trying again",
                 {{"core", reactor_.core()}, {"errno", -result}});
    }
    void arm() {
        if (in_flight || shortage_ || accepted_.size() >= kAcceptedMax) return;
        reactor_.backend().submit(*this);
    }

    Reactor& reactor_;
    std::uint16_t port_;
    std::deque<int> accepted_;
    bool stopped_ = false;
    bool shortage_ = false;
    std::int64_t reported_ns_ = 0;
    Event event_;
};

Listener::Listener() = default;
Listener::Listener(Listener&&) noexcept = default;
Listener& Listener::operator=(Listener&& other) noexcept {
    SLUICE_CHECK(acceptor_ == nullptr || this == &other);
    acceptor_ = std::move(other.acceptor_);
    return *this;
}
Listener::~Listener() = default;
Listener::Listener(std::unique_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}

Result<Listener> Listener::listen(Reactor& reactor, std::string address, std::uint16_t port) {
    Backend& backend = reactor.backend();
    SLUICE_TRY(const int fd, backend.listen(address, port));
    Result<std::uint16_t> own_port = backend.local_port(fd);
    if (!own_port.ok()) {
        backend.close_now(fd);
        return std::move(own_port).error();
    }
    return adopt(reactor, fd, *own_port);
}

Listener Listener::adopt(Reactor& reactor, int fd, std::uint16_t port) {
    return Listener(std::make_unique<Acceptor>(reactor, fd, port));
}

std::uint16_t Listener::port() const {
    return acceptor_->port();
}
Task<Result<Socket>> Listener::accept() {
    Acceptor& acceptor = *acceptor_;
    SLUICE_CO_TRY(const int fd, co_await acceptor.accept());
    co_return Socket::adopt(acceptor.reactor(), fd);
}
Task<Result<int>> Listener::accept_descriptor() {
    return acceptor_->accept();
}
void Listener::stop() {
    acceptor_->stop();
}

Task<void> Listener::close() {
    if (acceptor_ == nullptr) co_return;
    const std::unique_ptr<Acceptor> acceptor = std::move(acceptor_);
    co_await acceptor->close();
}

}  // namespace sluice::io
