#include "server/http/listener.h"

#include <algorithm>

#include "sluice/base/log.h"
#include "sluice/io/event.h"

namespace sluice::server {

Result<std::unique_ptr<ConnectionListener>> ConnectionListener::listen(CoreServices& services,
                                                                       RequestHandler handler,
                                                                       const HostPort& address) {
    // Without a host: all addresses of both families, or of IPv4 where IPv6 is switched off.
    const std::string host = address.host.empty() ? "::" : address.host;
    auto listener = io::Listener::listen(services.reactor, host, address.port);
    if (!listener.ok() && address.host.empty()) {
        listener = io::Listener::listen(services.reactor, "0.0.0.0", address.port);
    }
    if (!listener.ok()) return std::move(listener).error();
    return std::unique_ptr<ConnectionListener>(
        new ConnectionListener(services, handler, std::move(listener).value()));
}

void ConnectionListener::start() {
    gate_.spawn(accept_all());
}

bool ConnectionListener::has_room() const {
    const std::uint64_t limit = services_.config().http.max_connection_limit;
    if (limit == 0) return true;
    std::uint64_t active = 0;
    for (const auto& core : services_.shared.cores) {
        active += core->metrics.connections_active.value();
    }
    return active < limit;
}

io::Task<void> ConnectionListener::accept_all() {
    for (;;) {
        auto accepted = co_await listener_.accept();
        if (!accepted.ok()) {
            if (accepted.error().kind != ErrorKind::kCancelled) {
                log_error("accepting connections has ended", {{"error", accepted.error().message}});
            }
            co_return;
        }
        io::Socket socket = std::move(accepted).value();
        if (gate_.closed() || !has_room()) {
            services_.metrics.connections_refused.add();
            co_await socket.close();
            continue;
        }
        services_.metrics.connections_accepted.add();
        gate_.spawn(serve(std::move(socket)));
    }
}

io::Task<void> ConnectionListener::serve(io::Socket socket) {
    services_.metrics.connections_active.add();
    Connection connection(services_, handler_, std::move(socket));
    connection.list_index = connections_.size();
    connections_.push_back(&connection);
    co_await connection.run();
    connections_.back()->list_index = connection.list_index;
    connections_[connection.list_index] = connections_.back();
    connections_.pop_back();
    services_.metrics.connections_active.subtract();
}

io::Task<void> ConnectionListener::stop() {
    listener_.stop();
    for (Connection* connection : connections_) connection->drain();
    io::Task<void> closed = gate_.close();
    const std::int64_t deadline_ns =
        services_.reactor.monotonic_ns() + services_.config().sluice.drain_timeout.ns;
    io::Event pause;
    while (!closed.done() && services_.reactor.monotonic_ns() < deadline_ns) {
        constexpr std::int64_t kLookNs = 5 * kMillisecondNs;
        co_await pause.wait_until(services_.reactor.monotonic_ns() + kLookNs);
    }
    for (Connection* connection : connections_) connection->abort();
    co_await closed;
    co_await listener_.close();
}

}  // namespace sluice::server
