#include "server/http/tls_entrance.h"

#include <utility>

#include "sluice/base/log.h"

namespace sluice::server {
namespace {

// Two round trips and a signature on each side; a modem at the other side of the world needs two
// seconds.
constexpr std::int64_t kHandshakeNs = 10 * kSecondNs;
// Of one core: some 40 KiB each. A fleet that comes back at once waits in the kernel's queue.
constexpr std::size_t kUnfinishedMax = 256;
// One that has had this long makes room for another where there is none.
constexpr std::int64_t kPatienceNs = kSecondNs;
// A client that spoke plainly gets this long to read why it was not understood.
constexpr std::int64_t kPlainNs = 2 * kSecondNs;
constexpr std::int64_t kReportNs = kMinuteNs;

// The words of Go's server.
constexpr std::string_view kPlainAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    "Content-Length: 48\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

}  // namespace

// Runs for each connection that has just come. Guests stand in the order of their coming, so the
// first is the one that has had the most patience; each takes itself off the list, whoever ends its
// handshake.
io::Task<bool> TlsEntrance::admit(io::Socket& socket) {
    using Greeting = io::Socket::Greeting;
    TlsDoor& door = services_.tls;
    const std::int64_t now_ns = services_.reactor.monotonic_ns();
    if (stopped_) co_return false;
    const auto guest = unfinished_.insert(unfinished_.end(), Guest{&socket, now_ns, false});
    door.handshakes_unfinished.add();
    socket.set_deadline_ns(now_ns + kHandshakeNs);
    // Those who are inside write, and go first.
    co_await services_.reactor.switch_to(io::Share::kQuery);
    io::Task<Result<Greeting>> greeting = socket.secure(door.context);
    const Result<Greeting> greeted = co_await greeting;
    unfinished_.erase(guest);
    door.handshakes_unfinished.subtract();
    finished_.notify_all();
    if (!greeted.ok()) {
        note_failure(socket, greeted.error());
        // The alert is on its way; what follows it is the end.
        (void)co_await socket.finish_sending();
        co_return false;
    }
    if (*greeted == Greeting::kPlain) {
        door.plain_requests.add();
        co_await answer_plainly(socket);
        co_return false;
    }
    door.handshakes.add();
    if (socket.was_resumed()) door.handshakes_resumed.add();
    // Its requests have deadlines of their own.
    socket.set_deadline_ns(0);
    co_return true;
}

// The accept loop waits here when too many handshakes are unfinished. A slow or silent client is
// turned away after a second in favour of the next, so that holding connections open in the middle
// of a handshake keeps nobody out for longer than that.
io::Task<void> TlsEntrance::wait_for_room() {
    while (unfinished_.size() >= kUnfinishedMax && !stopped_) {
        Guest& first = unfinished_.front();
        if (first.leaving) {
            co_await finished_.wait();
            continue;
        }
        const std::int64_t until_ns = first.came_ns + kPatienceNs;
        if (services_.reactor.monotonic_ns() >= until_ns) {
            first.leaving = true;
            first.socket->shutdown();
        } else {
            co_await finished_.wait_until(until_ns);
        }
    }
}

// Shutting the sockets wakes the handshakes with an error; they take themselves off the list.
void TlsEntrance::stop() {
    stopped_ = true;
    for (Guest& each : unfinished_) each.socket->shutdown();
    finished_.notify_all();
}

// What the client still sends is read for a moment: closing with unread bytes makes the kernel send
// a reset that can overtake the answer.
io::Task<void> TlsEntrance::answer_plainly(io::Socket& socket) {
    socket.set_deadline_ns(services_.reactor.monotonic_ns() + kPlainNs);
    const auto sent = co_await socket.send(as_byte_span(kPlainAnswer));
    if (!sent.ok()) co_return;
    (void)co_await socket.finish_sending();
    for (;;) {
        const auto received = co_await socket.receive();
        if (!received.ok() || received->empty()) co_return;
    }
}

// One line a minute at most: scanners of the whole internet come by all the time.
void TlsEntrance::note_failure(const io::Socket& socket, const Error& error) {
    if (error.kind == ErrorKind::kCancelled) {
        services_.tls.handshakes_late.add();
    } else {
        services_.tls.handshakes_failed.add();
    }
    const std::int64_t now_ns = services_.reactor.monotonic_ns();
    if (stopped_ || (reported_ns_ != 0 && now_ns - reported_ns_ < kReportNs)) return;
    reported_ns_ = now_ns;
    log_warn("a client was not understood; others within a minute are not named",
             {{"client", socket.peer_address()}, {"error", error.message}});
}

}  // namespace sluice::server
