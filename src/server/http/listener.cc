// The connections of one core: accepted, counted, bounded, and brought to an end at a stop.
#include "server/http/listener.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/process/connection_limit.h"
#include "sluice/base/log.h"
#include "sluice/io/event.h"

namespace sluice::server {
namespace {

// A connection without a request is idle after the first, one that had some after the second.
constexpr std::int64_t kQuietNs = kSecondNs;
constexpr std::int64_t kServedQuietNs = 15 * kSecondNs;
constexpr std::int64_t kSearchNs = 100 * kMillisecondNs;
constexpr std::int64_t kReportNs = kMinuteNs;
constexpr std::int64_t kRefuseNs = kSecondNs;
// What a stop waits for is told after this long.
constexpr std::int64_t kTellNs = kSecondNs;

constexpr std::string_view kTooManyConnections =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n"
    "Retry-After: 10\r\nContent-Length: 33\r\n\r\n{\"error\":\"too many connections\"}\n";

}  // namespace

// A claim is held while the cores listen with SO_REUSEPORT, which by itself would let a second
// server share the port unnoticed. An address without a host means both families, or IPv4 alone
// where the machine has no IPv6.
Result<io::AddressClaim> ConnectionListener::claim(const HostPort& address) {
    // The kernel chooses a port that nobody has.
    if (address.port == 0) return io::AddressClaim();
    if (!address.host.empty()) return io::AddressClaim::take(address.host, address.port);
    auto both = io::AddressClaim::take("::", address.port);
    if (both.ok() || both.error().os_error == EADDRINUSE) return both;
    return io::AddressClaim::take("0.0.0.0", address.port);
}

Result<std::uint16_t> ConnectionListener::listen(const HostPort& address, bool secure) {
    SLUICE_TRY(auto listener, io::Listener::listen(services_.reactor, address.host, address.port));
    doors_.push_back(std::make_unique<Door>(Door{std::move(listener), secure}));
    return doors_.back()->listener.port();
}

void ConnectionListener::start() {
    for (const auto& door : doors_) gate_.spawn(accept_all(*door));
}

// Over all cores, whose counters may lag by what they accept in this moment: the limit is one of
// the process and need not be exact. Connections that were told to end count as room already: the
// new one is served while they do.
std::uint64_t ConnectionListener::active() const {
    std::uint64_t active = 0;
    for (const auto& core : services_.shared.cores) {
        active += core->metrics.connections_active.value();
    }
    return active - std::min(active, evicting_);
}

std::uint64_t ConnectionListener::fair_part() const {
    return services_.shared.connections_max / services_.shared.cores.size();
}

bool ConnectionListener::has_room() {
    const std::uint64_t limit = services_.shared.connections_max;
    if (active() < limit) return true;
    report_limit();
    ClientShares& shares = services_.client_shares;
    ClientShares::Client* const greedy = shares.binds() ? shares.greedy(fair_part()) : nullptr;
    if (greedy != nullptr) evict_idle_of(*greedy);
    if (active() >= limit) evict_idle();
    return active() < limit;
}

// Every core looks at its own connections, over which the kernel deals out those of a client: so a
// client has too many where it has more than its share of this core's.
bool ConnectionListener::has_share(const std::string& block) {
    ClientShares& shares = services_.client_shares;
    const std::uint64_t limit = shares.part_of(services_.shared.connections_max);
    if (!shares.binds() || active() < limit) return true;
    ClientShares::Client* const client = shares.find(block);
    if (client == nullptr || !shares.is_full(*client, fair_part())) return true;
    evict_idle_of(*client);
    if (active() < limit) return true;
    services_.metrics.connections_over_share.add();
    return false;
}

// For a while: since it was accepted, or since its last request.
bool ConnectionListener::is_quiet(const Connection& connection) const {
    const std::int64_t quiet_ns = connection.has_served() ? kServedQuietNs : kQuietNs;
    return services_.reactor.monotonic_ns() - connection.idle_since_ns() >= quiet_ns;
}

void ConnectionListener::evict_idle() {
    std::vector<Connection*> idle;
    for (Connection* each : connections_) {
        if (each->is_idle() && is_quiet(*each)) idle.push_back(each);
    }
    evict(idle);
}

// Of a client that has too many, what stops within a head is idle, too. A search that found none is
// not repeated for each connection of a flood.
void ConnectionListener::evict_idle_of(ClientShares::Client& client) {
    const std::int64_t now_ns = services_.reactor.monotonic_ns();
    if (client.searched_ns != 0 && now_ns - client.searched_ns < kSearchNs) return;
    std::vector<Connection*> idle;
    for (Connection* each : connections_) {
        if (each->client() != &client || !is_quiet(*each)) continue;
        if (each->is_idle() || each->is_in_head()) idle.push_back(each);
    }
    client.searched_ns = idle.empty() ? now_ns : 0;
    evict(idle);
}

// Looking through all connections is paid for by closing several. Those that never sent a request
// go first, then those whose last one is longest ago.
void ConnectionListener::evict(std::vector<Connection*>& idle) {
    const std::size_t count = std::min(idle.size(), connections_.size() / 64 + 1);
    const auto end = idle.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(idle.begin(), end, idle.end(), [](const Connection* a, const Connection* b) {
        return std::pair(a->has_served(), a->idle_since_ns()) <
               std::pair(b->has_served(), b->idle_since_ns());
    });
    for (auto each = idle.begin(); each != end; ++each) {
        (*each)->evicted = true;
        (*each)->drain();
        ++evicting_;
    }
    services_.metrics.connections_evicted.add(count);
}

// At most once a minute: this happens for each connection of a flood.
void ConnectionListener::report_limit() {
    const std::int64_t now_ns = services_.reactor.monotonic_ns();
    if (reported_ns_ != 0 && now_ns - reported_ns_ < kReportNs) return;
    reported_ns_ = now_ns;
    log_warn("connections have reached their limit: idle ones are closed, then new ones refused",
             {{"limit", services_.shared.connections_max},
              {"descriptors", descriptor_limit()},
              {"max-connection-limit", services_.config().http.max_connection_limit}});
}

// In one segment, and without waiting for the client to read it: it holds a descriptor meanwhile.
io::Task<void> ConnectionListener::refuse(io::Socket socket) {
    socket.set_deadline_ns(services_.reactor.monotonic_ns() + kRefuseNs);
    const auto sent = co_await socket.send(as_byte_span(kTooManyConnections));
    if (sent.ok()) (void)co_await socket.finish_sending();
    co_await socket.close();
}

std::optional<ClientShares::Place> ConnectionListener::take_place(const io::Socket& socket) {
    ClientShares& shares = services_.client_shares;
    std::string block;
    if (shares.limits()) {
        block = shares.meet(socket.peer_address(), services_.reactor.monotonic_ns());
    }
    if (gate_.closed() || !has_share(block) || !has_room()) {
        services_.metrics.connections_refused.add();
        return std::nullopt;
    }
    services_.metrics.connections_accepted.add();
    services_.metrics.connections_active.add();
    return shares.join(std::move(block));
}

// One coroutine for each address. It never waits for a client: what may take time, a handshake or a
// refusal that is not read, runs beside it or is bounded.
io::Task<void> ConnectionListener::accept_all(Door& door) {
    for (;;) {
        auto accepted = co_await door.listener.accept();
        if (!accepted.ok()) {
            if (accepted.error().kind != ErrorKind::kCancelled) {
                log_error("accepting connections has ended", {{"error", accepted.error().message}});
            }
            co_return;
        }
        io::Socket socket = std::move(accepted).value();
        if (!door.secure) {
            co_await take(std::move(socket));
        } else if (auto place = take_place(socket)) {
            gate_.spawn(admit(std::move(socket), std::move(*place)));
            // Meanwhile the others wait in the kernel's queue.
            co_await entrance_.wait_for_room();
        } else {
            // Whoever speaks TLS cannot read a sentence before the handshake.
            co_await socket.close();
        }
    }
}

io::Task<void> ConnectionListener::take(io::Socket socket) {
    if (auto place = take_place(socket)) {
        gate_.spawn(serve(std::move(socket), std::move(*place)));
    } else {
        co_await refuse(std::move(socket));
    }
}

// The handshake is part of the connection's life, so it has a place already, and the gate waits for
// it at a stop.
io::Task<void> ConnectionListener::admit(io::Socket socket, ClientShares::Place place) {
    io::Task<bool> greeting = entrance_.admit(socket);
    const bool admitted = co_await greeting;
    if (admitted) {
        co_await serve(std::move(socket), std::move(place));
    } else {
        co_await socket.close();
        services_.metrics.connections_active.subtract();
    }
}

// The connection has been counted as active.
io::Task<void> ConnectionListener::serve(io::Socket socket, ClientShares::Place place) {
    // The connection lives in this frame. The list holds it by position, so that leaving costs the
    // same however many there are: the last one takes its place.
    Connection connection(services_, handler_, std::move(socket), std::move(place));
    connection.list_index = connections_.size();
    connections_.push_back(&connection);
    co_await connection.run();
    if (connection.evicted) --evicting_;
    connections_.back()->list_index = connection.list_index;
    connections_[connection.list_index] = connections_.back();
    connections_.pop_back();
    services_.metrics.connections_active.subtract();
}

// In this order: nobody new comes; idle connections end at once and others after their answer;
// after the drain timeout all are cut. Only when the gate is closed has the last frame ended, and
// the listeners may go.
io::Task<void> ConnectionListener::stop() {
    for (const auto& door : doors_) door->listener.stop();
    entrance_.stop();
    for (Connection* connection : connections_) connection->drain();
    io::Task<void> closed = gate_.close();
    co_await wait_for_requests(closed);
    for (Connection* connection : connections_) connection->abort();
    // What a request waits for beside its client may be a device that takes nothing.
    services_.core.expect_stop();
    co_await closed;
    for (const auto& door : doors_) co_await door->listener.close();
}

// Looks instead of being told: a stop happens once, and each request of a connection would have to
// tell.
io::Task<void> ConnectionListener::wait_for_requests(io::Task<void>& closed) {
    const std::int64_t deadline_ns =
        services_.reactor.monotonic_ns() + services_.config().sluice.drain_timeout.ns;
    const std::int64_t tell_ns = services_.reactor.monotonic_ns() + kTellNs;
    bool told = false;
    io::Event pause;
    while (!closed.done() && services_.reactor.monotonic_ns() < deadline_ns) {
        constexpr std::int64_t kLookNs = 5 * kMillisecondNs;
        co_await pause.wait_until(services_.reactor.monotonic_ns() + kLookNs);
        if (told || connections_.empty() || services_.reactor.monotonic_ns() < tell_ns) continue;
        told = true;
        log_info("waiting for requests in flight; a second Ctrl-C (SIGINT) ends at once",
                 {{"core", services_.reactor.core()},
                  {"requests", connections_.size()},
                  {"client", connections_.front()->peer_address()},
                  {"drain_timeout", format_duration(services_.config().sluice.drain_timeout.ns)}});
    }
}

}  // namespace sluice::server
